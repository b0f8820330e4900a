// SPDX-License-Identifier: GPL-2.0
/*
 * What /proc/vmcore has to be, as qemu/corefile.py writes it down: the bytes
 * of its head (headers, device dumps, notes), then pieces of old memory.
 *
 * Each word of old memory holds its own physical address, so that a wrong
 * byte says where it came from. Pieces that nobody may see are zeros.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "die.h"
#include "vmcore.h"

#define ZEROS	UINT64_MAX
#define WORD	sizeof(uint64_t)

struct piece {
	uint64_t pos;
	uint64_t source;
	uint64_t size;
};

struct expectation {
	uint64_t size;
	uint64_t head_size;
	uint64_t nr_pieces;
	unsigned char head[];
};

static const struct expectation *want;
static const struct piece *pieces;

void expected_load(const char *path)
{
	struct stat stat;
	int fd = open(path, O_RDONLY);

	if (fd < 0 || fstat(fd, &stat))
		die("%s: %m", path);
	want = mmap(NULL, stat.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (want == MAP_FAILED)
		die("%s: %m", path);
	pieces = (const void *)(want->head + want->head_size);
	close(fd);
}

uint64_t expected_size(void)
{
	return want->size;
}

uint64_t expected_pieces(void)
{
	return want->nr_pieces;
}

uint64_t expected_border(size_t index)
{
	return index < want->nr_pieces ? pieces[index].pos : 0;
}

/* Pieces that are one range in memory too count as one. */
uint64_t expected_ranges(void)
{
	const struct piece *piece = pieces, *end = pieces + want->nr_pieces;
	uint64_t nr = 1;

	for (piece++; piece < end; piece++)
		nr += piece->source != piece[-1].source + piece[-1].size;
	return nr;
}

/* Is it an address that the file shows? */
bool expected_source(uint64_t address)
{
	uint64_t i;

	for (i = 0; i < want->nr_pieces; i++) {
		if (pieces[i].source != ZEROS &&
		    address - pieces[i].source < pieces[i].size)
			return true;
	}
	return false;
}

static const struct piece *piece_at(uint64_t pos)
{
	uint64_t low = 0, high = want->nr_pieces;

	while (high - low > 1) {
		uint64_t mid = low + (high - low) / 2;

		if (pieces[mid].pos <= pos)
			low = mid;
		else
			high = mid;
	}
	return &pieces[low];
}

static unsigned char byte_at(uint64_t source)
{
	uint64_t word = source & ~(WORD - 1);

	return word >> 8 * (source % WORD);
}

static __attribute__((noreturn)) void differs(const char *how, uint64_t pos,
					      uint64_t source, unsigned int is,
					      unsigned int should_be)
{
	if (pos < want->head_size || source == ZEROS)
		fail("%s: byte %#llx is %#x, not %#x", how,
		     (unsigned long long)pos, is, should_be);
	fail("%s: byte %#llx is %#x, not %#x of old memory at %#llx", how,
	     (unsigned long long)pos, is, should_be,
	     (unsigned long long)source);
}

static void head_compare(const unsigned char *buf, uint64_t pos, size_t len,
			 const char *how)
{
	size_t i;

	if (!memcmp(buf, want->head + pos, len))
		return;
	for (i = 0; buf[i] == want->head[pos + i]; i++)
		;
	differs(how, pos + i, 0, buf[i], want->head[pos + i]);
}

static void zeros_compare(const unsigned char *buf, uint64_t pos, size_t len,
			  const char *how)
{
	size_t i;

	if (!buf[0] && !memcmp(buf, buf + 1, len - 1))
		return;
	for (i = 0; !buf[i]; i++)
		;
	differs(how, pos + i, ZEROS, buf[i], 0);
}

/* How many bytes are right, of as many whole words as there are */
static size_t words_right(const unsigned char *buf, uint64_t source,
			  size_t len)
{
	const uint64_t last = source + len - len % WORD;
	const uint64_t from = source;
	uint64_t word;

	for (; source != last; source += WORD, buf += WORD) {
		memcpy(&word, buf, WORD);
		if (word != source)
			break;
	}
	return source - from;
}

static void memory_compare(const unsigned char *buf, uint64_t pos,
			   uint64_t source, size_t len, const char *how)
{
	size_t i = 0;

	while (i < len) {
		if ((source + i) % WORD == 0)
			i += words_right(buf + i, source + i, len - i);
		if (i == len)
			break;
		if (buf[i] != byte_at(source + i))
			differs(how, pos + i, source + i, buf[i],
				byte_at(source + i));
		i++;
	}
}

/* Fails the check unless @buf is what the file has at @pos. */
void compare(const void *buf, uint64_t pos, size_t len, const char *how)
{
	const struct piece *piece;
	uint64_t skip, step;

	if (pos > want->size || len > want->size - pos)
		fail("%s: %zu bytes at %#llx of a file of %#llx", how, len,
		     (unsigned long long)pos, (unsigned long long)want->size);

	for (; len; buf = (const char *)buf + step, pos += step, len -= step) {
		if (pos < want->head_size) {
			step = want->head_size - pos;
			step = step < len ? step : len;
			head_compare(buf, pos, step, how);
			continue;
		}
		piece = piece_at(pos);
		skip = pos - piece->pos;
		step = piece->size - skip;
		step = step < len ? step : len;
		if (piece->source == ZEROS)
			zeros_compare(buf, pos, step, how);
		else
			memory_compare(buf, pos, piece->source + skip, step,
				       how);
	}
}
