// SPDX-License-Identifier: GPL-2.0
/*
 * Network devices.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "device.h"
#include "die.h"

struct sockaddr_ll device_up(int fd, const char *name, uint16_t protocol)
{
	struct sockaddr_ll all = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_halen = ETH_ALEN,
		.sll_addr = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
	};
	struct ifreq request = { 0 };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(fd, SIOCGIFFLAGS, &request))
		die("%s: %m", name);
	request.ifr_flags |= IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, &request))
		die("the device can't be set up: %m");
	if (ioctl(fd, SIOCGIFINDEX, &request))
		die("%s: %m", name);
	all.sll_ifindex = request.ifr_ifindex;
	return all;
}
