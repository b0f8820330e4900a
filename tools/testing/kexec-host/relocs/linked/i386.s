# What a kernel for i386 has in it that may have to be relocated. The label
# at_32_... is at each place that the table has to have.

	.text
	.globl	start
start:
	mov	$local, %eax
	.set	at_32_a, . - 4
	mov	jiffies_64, %ecx
	.set	at_32_b, . - 4
	call	other			# a distance
	jmp	start
	movl	%fs:counter, %edx	# an address, and added to a segment's
	.set	at_32_c, . - 4
	mov	$__crc_start, %eax	# a number
	mov	$_end, %eax		# outside of any section
	.set	at_32_d, . - 4
	mov	$__init_begin, %eax
	.set	at_32_e, . - 4
	mov	$other - 0xc0000000, %ebx	# a physical address moves, too
	.set	at_32_f, . - 4
	.byte	0xe8
	.long	phys_start - .		# to an absolute one, but a distance
other:
	ret
local:
	jc	1f
1:	ret

	.data
at_32_g: .long	start
	.long	0x1234
	.long	other - start		# known to the assembler
	.long	other - .		# a distance
at_32_h: .long	jiffies
	.globl	jiffies_64
jiffies_64: .long 0, 0
at_32_i: .long	__vvar_page

	.section .vvar, "aw"
	.long	0
	.section .data..percpu, "aw"
	.globl	counter
counter: .long	0
at_32_j: .long	at_32_j
	.section .init.text, "ax"
	mov	$_text + 0x100, %esi
	.set	at_32_k, . - 4
	.bss
	.space	64
	.section .debug_x
	.long	start, phys_start

	.globl	__crc_start
	.set	__crc_start, 0x55aa1234
