# What a kernel for x86-64 has in it that may have to be relocated. A label is
# at each place that the table has to have: at_64_..., at_32_..., at_inverse_...
# and, in the per-CPU section, at_64_load_..., which are addresses in the
# image's copy of it. Without SMP there are no inverse ones, for the variables
# are in the image; but then their addresses change: at_64up_...

	.text
	.globl	start
start:
	mov	$local, %rax		# 32S
	.set	at_32_a, . - 4
	mov	$local - 0xffffffff00000000, %eax	# 32
	.set	at_32_b, . - 4
	movabs	$start, %rax
	.set	at_64_a, . - 8
	lea	local(%rip), %rax	# a distance
	call	other
	mov	%gs:counter, %rax	# an offset
	.set	at_32up_a, . - 4
	mov	%gs:counter(%rip), %rax	# a distance to what stays
	.set	at_inverse_a, . - 4
	incl	%gs:counter+8(%rip)
	.set	at_inverse_b, . - 4
	movl	$5, %gs:counter(%rip)
	.set	at_inverse_c, . - 8
	mov	$counter, %rdi
	.set	at_32up_b, . - 4
	mov	init_per_cpu__counter(%rip), %rax
	mov	$init_per_cpu__counter, %rax
	.set	at_32_c, . - 4
	mov	$__per_cpu_load, %rax
	.set	at_32_d, . - 4
	lea	phys_start(%rip), %rax
	mov	$__crc_start, %eax
	mov	$_end, %rax
	.set	at_32_e, . - 4
other:
	ret
local:
	ret

	.data
at_64_b: .quad	other
at_64up_a: .quad counter
	.quad	other - .
at_64_c: .quad	jiffies
	.globl	jiffies_64
jiffies_64: .quad 0
at_64_d: .quad	__init_begin
	.quad	nowhere			# weak and missing
	.weak	nowhere
at_64_e: .quad	__vvar_page

	.section .vvar, "aw"
	.quad	0
	.section .data..percpu, "aw"
	.globl	counter
counter: .quad	0, 0
at_64_load_a: .quad start
at_32_load_a: .long _text + 0x40 - 0xffffffff00000000
	.section .init.text, "ax"
	mov	%gs:counter(%rip), %eax
	.set	at_inverse_d, . - 4
	.bss
	.space	64
	.section .debug_x
	.quad	start, phys_start

	.globl	__crc_start
	.set	__crc_start, 0x55aa1234
