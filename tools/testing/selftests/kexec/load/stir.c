// SPDX-License-Identifier: GPL-2.0
/*
 * stir: makes the kernel do what a crash point waits for, where no ordinary
 * command of the guest does.
 *
 *   stir pageout
 *	Has pages of its own written to swap.
 *   stir frames
 *	Sends frames to itself through the loopback device.
 *   stir flood DEVICE [COUNT]
 *	Sends frames to all through a network device: so many, or without end.
 */
#define _GNU_SOURCE
#include <net/ethernet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "device.h"
#include "die.h"

#define PAGED_OUT	(4UL << 20)
#define FRAMES		16

static int pageout(void)
{
	char *memory = mmap(NULL, PAGED_OUT, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		die("memory: %m");
	memset(memory, 0x5a, PAGED_OUT);
	if (madvise(memory, PAGED_OUT, MADV_PAGEOUT))
		die("MADV_PAGEOUT: %m");
	return 0;
}

/* Without an end where @count is 0: what a full queue does not take is lost. */
static int frames(const char *device, unsigned int count)
{
	int fd = socket(AF_PACKET, SOCK_DGRAM, 0);
	static const char frame[1024] = "stirred";
	struct sockaddr_ll to;
	unsigned int i;

	if (fd < 0)
		die("packet socket: %m");
	to = device_up(fd, device, ETH_P_LOOP);
	for (i = 0; !count || i < count; i++)
		if (sendto(fd, frame, sizeof(frame), 0, (struct sockaddr *)&to,
			   sizeof(to)) < 0 && count)
			die("the device takes no frame: %m");
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "pageout"))
		return pageout();
	if (argc == 2 && !strcmp(argv[1], "frames"))
		return frames("lo", FRAMES);
	if ((argc == 3 || argc == 4) && !strcmp(argv[1], "flood"))
		return frames(argv[2], argc == 4 ? atoi(argv[3]) : 0);
	fputs("usage: stir pageout | frames | flood DEVICE [COUNT]\n", stderr);
	return 2;
}
