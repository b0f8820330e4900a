# What real mode code has in it that may have to be relocated: at_segment_...
# where the segment goes, and at_linear_... where an address does.

	.section .header, "a"
at_linear_a: .long pa_start
at_linear_b: .long pa_base

	.code16
	.text
	.globl	start
start:
	ljmp	$real_mode_seg, $1f
	.set	at_segment_a, . - 2
1:	mov	$table, %bx		# an offset in the segment
	mov	table, %ax
	movl	$table, %ebx		# with 32 bits, too
	call	2f
	.byte	0xe8
	.word	start - . - 2
	ljmpl	$8, $pa_start32
	.set	at_linear_c, . - 6
	.byte	0xea			# a far jump
	.word	2f
at_segment_b: .word real_mode_seg
2:	ret

	.code32
	.section .text32, "ax"
	.globl	start32
start32:
	mov	pa_table, %eax
	.set	at_linear_d, . - 4
	call	3f
3:	ret

	.data
	.globl	table
table:	.word	start			# an offset
at_linear_e: .long pa_start + 16
