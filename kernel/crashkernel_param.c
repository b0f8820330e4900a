// SPDX-License-Identifier: GPL-2.0-only
/*
 * The grammar of crashkernel=
 *
 *	crashkernel=SIZE[@ADDRESS]
 *	crashkernel=START-[END]:SIZE[,START-[END]:SIZE...][@ADDRESS]
 *	crashkernel=SIZE,high
 *	crashkernel=SIZE,low
 *
 * Numbers are what memparse() takes: decimal, 0x hexadecimal or 0 octal with
 * an optional suffix of K, M, G, T, P or E. In the second form the first
 * range with START <= RAM < END says how much. Of several arguments the last
 * one counts; the forms with a suffix only count if there is none without.
 *
 * Nothing here prints, locks or allocates, so the same source is fuzzed on
 * the host (tools/testing/kexec-host/crashkernel).
 */

#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/overflow.h>
#include <linux/string.h>

#include "crashkernel_param.h"

static const char param_name[] __initconst = "crashkernel=";
static const char high_suffix[] __initconst = ",high";
static const char low_suffix[] __initconst = ",low";

/* A stretch of the command line. */
struct span {
	const char *start;
	const char *end;
};

/* The last argument of each form; start is NULL where there is none. */
struct candidates {
	struct span plain;
	struct span high;
	struct span low;
};

/*
 * A value that is being read. Invariant: once @error is set nothing moves
 * @at any more, so a reader may go on and check at its end.
 */
struct reader {
	const char *at;
	const char *end;
	enum crashkernel_error error;
};

static void __init reader_fail(struct reader *in, enum crashkernel_error error)
{
	if (in->error == CRASHKERNEL_OK)
		in->error = error;
}

static char __init reader_peek(const struct reader *in)
{
	if (in->error != CRASHKERNEL_OK || in->at == in->end)
		return '\0';
	return *in->at;
}

static bool __init reader_take(struct reader *in, char wanted)
{
	if (reader_peek(in) != wanted)
		return false;
	in->at++;
	return true;
}

static int __init digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = tolower(c);
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return 16;
}

/* Skip the prefix of a number and say what base it announces. */
static int __init read_radix(struct reader *in)
{
	if (reader_peek(in) != '0')
		return 10;
	if (in->end - in->at > 2 && tolower(in->at[1]) == 'x' &&
	    isxdigit(in->at[2])) {
		in->at += 2;
		return 16;
	}
	return 8;
}

static int __init suffix_shift(char c)
{
	static const char suffixes[] __initconst = "kmgtpe";
	const char *found = c ? strchr(suffixes, tolower(c)) : NULL;

	return found ? 10 * (found - suffixes + 1) : 0;
}

static unsigned long long __init read_number(struct reader *in)
{
	const char *start = in->at;
	unsigned long long value = 0;
	int radix = read_radix(in);
	int shift;

	if (digit_value(reader_peek(in)) >= radix)
		reader_fail(in, CRASHKERNEL_NO_NUMBER);

	while (digit_value(reader_peek(in)) < radix) {
		if (check_mul_overflow(value, (unsigned long long)radix,
				       &value) ||
		    check_add_overflow(value, (unsigned long long)
				       digit_value(*in->at), &value))
			goto overflow;
		in->at++;
	}

	shift = suffix_shift(reader_peek(in));
	if (!shift)
		return value;
	if (value > ULLONG_MAX >> shift)
		goto overflow;
	in->at++;
	return value << shift;

overflow:
	/* Point at the number, not into it. */
	in->at = start;
	reader_fail(in, CRASHKERNEL_OVERFLOW);
	return 0;
}

/* One START-[END]:SIZE; true where START <= @ram < END. */
static bool __init read_range(struct reader *in, unsigned long long ram,
			      unsigned long long *size)
{
	unsigned long long start, end = ULLONG_MAX;
	bool open_ended = false;
	const char *end_at;

	start = read_number(in);
	if (!reader_take(in, '-'))
		reader_fail(in, CRASHKERNEL_NO_DASH);

	end_at = in->at;
	if (reader_peek(in) == ':')
		open_ended = true;
	else
		end = read_number(in);
	if (in->error == CRASHKERNEL_OK && end <= start) {
		in->at = end_at;
		reader_fail(in, CRASHKERNEL_EMPTY_RANGE);
	}

	if (!reader_take(in, ':'))
		reader_fail(in, CRASHKERNEL_NO_COLON);
	*size = read_number(in);

	return start <= ram && (open_ended || ram < end);
}

/*
 * Firmware keeps some memory for itself, and ranges are written with the size
 * in mind that the machine was sold with.
 */
#define RAM_STEP	(128ULL << 20)

static unsigned long long __init nominal_ram(unsigned long long ram)
{
	unsigned long long up;

	if (check_add_overflow(ram, RAM_STEP - 1, &up))
		return ram;
	return up & ~(RAM_STEP - 1);
}

/* All ranges are read, also those after the one that counts. */
static unsigned long long __init read_ranges(struct reader *in,
					     unsigned long long ram)
{
	const char *start = in->at;
	unsigned long long size, chosen = 0;
	bool found = false;

	do {
		if (read_range(in, ram, &size) && !found) {
			chosen = size;
			found = true;
		}
	} while (reader_take(in, ','));

	if (in->error == CRASHKERNEL_OK && !found) {
		in->at = start;
		reader_fail(in, CRASHKERNEL_NO_RANGE);
	}
	return chosen;
}

static void __init read_end(struct reader *in)
{
	if (in->error == CRASHKERNEL_OK && in->at != in->end)
		reader_fail(in, CRASHKERNEL_JUNK);
}

/* Sizes that parse and still can't be had. */
static void __init check_size(struct reader *in, const char *size_at,
			      unsigned long long size, unsigned long long ram)
{
	if (in->error != CRASHKERNEL_OK)
		return;
	if (size && size < ram)
		return;
	in->at = size_at;
	reader_fail(in, size ? CRASHKERNEL_TOO_LARGE : CRASHKERNEL_ZERO);
}

static void __init read_plain(struct reader *in, unsigned long long ram,
			      struct crashkernel_param *param)
{
	const char *start = in->at;
	unsigned long long last;

	if (memchr(in->at, ':', in->end - in->at))
		param->size = read_ranges(in, nominal_ram(ram));
	else
		param->size = read_number(in);

	if (reader_take(in, '@')) {
		const char *base_at = in->at;

		param->base = read_number(in);
		if (in->error == CRASHKERNEL_OK &&
		    check_add_overflow(param->base, param->size, &last)) {
			in->at = base_at;
			reader_fail(in, CRASHKERNEL_OVERFLOW);
		}
	}
	read_end(in);
	check_size(in, start, param->size, ram);
}

static void __init read_high(struct reader *in, unsigned long long ram,
			     struct crashkernel_param *param)
{
	const char *start = in->at;

	param->high = true;
	param->size = read_number(in);
	read_end(in);
	check_size(in, start, param->size, ram);
}

static void __init read_low(struct reader *in, unsigned long long ram,
			    struct crashkernel_param *param)
{
	const char *start = in->at;

	param->low_set = true;
	param->low_size = read_number(in);
	read_end(in);
	/* Here 0 is an answer: none. */
	if (param->low_size)
		check_size(in, start, param->low_size, ram);
}

/*
 * The next argument from *@line on, without the quotes around it or around
 * its value. As everywhere on the command line, spaces within quotes don't
 * separate, and what follows "--" is for init.
 */
static bool __init next_argument(const char **line, struct span *arg)
{
	const char *at = *line;
	bool quoted = false;

	while (isspace(*at))
		at++;
	if (!*at)
		return false;

	arg->start = at;
	for (; *at && (quoted || !isspace(*at)); at++) {
		if (*at == '"')
			quoted = !quoted;
	}
	arg->end = at;
	*line = at;

	if (arg->end - arg->start == 2 && !memcmp(arg->start, "--", 2))
		return false;

	if (*arg->start == '"') {
		arg->start++;
		if (arg->end > arg->start && arg->end[-1] == '"')
			arg->end--;
	}
	return true;
}

/* The quote that ends a value; reader_open() skips the one before it. */
static void __init strip_value_quote(struct span *arg)
{
	const char *value = arg->start + sizeof(param_name) - 1;

	if (arg->end - value >= 2 && *value == '"' && arg->end[-1] == '"')
		arg->end--;
}

static bool __init span_ends_in(const struct span *span, const char *suffix)
{
	size_t len = strlen(suffix);

	return span->end - span->start >= len &&
	       !memcmp(span->end - len, suffix, len);
}

static void __init find_candidates(const char *cmdline,
				   struct candidates *found)
{
	const size_t name_len = sizeof(param_name) - 1;
	struct span arg;

	while (next_argument(&cmdline, &arg)) {
		if (arg.end - arg.start < name_len ||
		    memcmp(arg.start, param_name, name_len))
			continue;
		strip_value_quote(&arg);

		if (span_ends_in(&arg, high_suffix))
			found->high = arg;
		else if (span_ends_in(&arg, low_suffix))
			found->low = arg;
		else
			found->plain = arg;
	}
}

/* Start reading the value of @arg, which ends before @suffix. */
static struct reader __init reader_open(const struct span *arg,
					const char *suffix)
{
	struct reader in = {
		.at = arg->start + sizeof(param_name) - 1,
		.end = arg->end - strlen(suffix),
	};

	if (in.at < in.end && *in.at == '"')
		in.at++;
	return in;
}

static int __init report(const struct span *arg, const struct reader *in,
			 struct crashkernel_fault *fault)
{
	fault->error = in->error;
	if (in->error == CRASHKERNEL_OK)
		return 0;

	fault->arg = arg->start;
	fault->arg_len = arg->end - arg->start;
	fault->pos = in->at - arg->start;
	return -EINVAL;
}

static int __init report_ignored(const struct span *arg,
				 enum crashkernel_error error,
				 struct crashkernel_fault *fault)
{
	struct reader in = { .at = arg->start, .error = error };

	if (arg->start)
		report(arg, &in, fault);
	return -ENOENT;
}

/**
 * crashkernel_parse() - read what crashkernel= asks for
 * @cmdline:    the kernel's command line
 * @system_ram: bytes of RAM, which ranges and limits go by
 * @has_high:   the architecture takes ",high" and ",low"
 * @param:      out: the wish; all zero unless 0 is returned
 * @fault:      out: what is wrong, with @fault->error CRASHKERNEL_OK and the
 *              rest undefined if nothing is
 *
 * Return: 0 with a size that is not 0; -ENOENT if there is no crashkernel=
 * that counts (@fault tells where one was ignored); -EINVAL with @fault.
 */
int __init crashkernel_parse(const char *cmdline, unsigned long long system_ram,
			     bool has_high, struct crashkernel_param *param,
			     struct crashkernel_fault *fault)
{
	struct crashkernel_param wish = {};
	struct candidates found = {};
	struct reader in;
	int ret;

	memset(param, 0, sizeof(*param));
	memset(fault, 0, sizeof(*fault));
	find_candidates(cmdline, &found);

	if (found.plain.start) {
		in = reader_open(&found.plain, "");
		read_plain(&in, system_ram, &wish);
		ret = report(&found.plain, &in, fault);
		goto out;
	}

	if (!has_high)
		return report_ignored(&found.high, CRASHKERNEL_NO_HIGH, fault);
	if (!found.high.start)
		return report_ignored(&found.low, CRASHKERNEL_LONE_LOW, fault);

	in = reader_open(&found.high, high_suffix);
	read_high(&in, system_ram, &wish);
	ret = report(&found.high, &in, fault);

	if (!ret && found.low.start) {
		in = reader_open(&found.low, low_suffix);
		read_low(&in, system_ram, &wish);
		ret = report(&found.low, &in, fault);
	}
out:
	if (!ret)
		*param = wish;
	return ret;
}

/**
 * crashkernel_error_text() - say what is wrong, and what would be right
 * @error: not CRASHKERNEL_OK
 */
const char * __init crashkernel_error_text(enum crashkernel_error error)
{
	switch (error) {
	case CRASHKERNEL_NO_NUMBER:
		return "a number was expected, such as 256M";
	case CRASHKERNEL_OVERFLOW:
		return "the number is beyond 64 bits";
	case CRASHKERNEL_JUNK:
		return "nothing, '@address', ',high' or ',low' may follow here";
	case CRASHKERNEL_NO_DASH:
		return "a range is start-end:size or start-:size";
	case CRASHKERNEL_NO_COLON:
		return "a range needs ':size' after its end";
	case CRASHKERNEL_EMPTY_RANGE:
		return "the end of a range must be above its start";
	case CRASHKERNEL_NO_RANGE:
		return "no range holds this machine's memory";
	case CRASHKERNEL_ZERO:
		return "the size is 0";
	case CRASHKERNEL_TOO_LARGE:
		return "the size must be below that of all memory";
	case CRASHKERNEL_LONE_LOW:
		return "',low' needs another crashkernel= with ',high'";
	case CRASHKERNEL_NO_HIGH:
		return "this architecture has no ',high'";
	case CRASHKERNEL_OK:
		break;
	}
	return "nothing is wrong";
}
