// SPDX-License-Identifier: GPL-2.0
/*
 * wire: sends a file through a network device to whoever is at the other end,
 * in frames of its own: a kernel that has a card's driver needs no TCP/IP.
 *
 *   wire DEVICE FILE
 *
 * A frame is its number and the length of its data, big-endian, and the data;
 * the last one has none. After each window, and after the last frame, the
 * other end has to answer with the number that it waits for next. Nothing is
 * sent again: a frame that is lost is an error.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "device.h"
#include "die.h"

#define ETH_P_WIRE	0x88b5	/* for local experiments */
#define WINDOW		16
#define PATIENCE	60	/* seconds */

struct frame {
	uint32_t number;
	uint16_t size;
	uint8_t data[1024];
} __attribute__((packed));

#define HEADER	offsetof(struct frame, data)

struct wire {
	int fd;
	struct sockaddr_ll to;
};

static void wire_open(struct wire *wire, const char *device)
{
	const struct timeval patience = { .tv_sec = PATIENCE };

	wire->fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_WIRE));
	if (wire->fd < 0)
		die("packet socket: %m");
	if (setsockopt(wire->fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
		       sizeof(patience)))
		die("SO_RCVTIMEO: %m");
	wire->to = device_up(wire->fd, device, ETH_P_WIRE);
	if (bind(wire->fd, (struct sockaddr *)&wire->to, sizeof(wire->to)))
		die("bind: %m");
}

static void wire_send(const struct wire *wire, struct frame *frame,
		      uint32_t number, uint16_t size)
{
	frame->number = htonl(number);
	frame->size = htons(size);
	if (sendto(wire->fd, frame, HEADER + size, 0,
		   (const struct sockaddr *)&wire->to, sizeof(wire->to)) < 0)
		die("the device takes no frame: %m");
}

static void wire_wait(const struct wire *wire, uint32_t next)
{
	uint32_t number = 0;

	if (recv(wire->fd, &number, sizeof(number), 0) < 0)
		die("no answer: %m");
	if (ntohl(number) != next)
		die("frames were lost");
}

static void file_send(const struct wire *wire, int file)
{
	struct frame frame;
	uint32_t number = 0;
	ssize_t size;

	do {
		size = read(file, frame.data, sizeof(frame.data));
		if (size < 0)
			die("read: %m");
		wire_send(wire, &frame, number++, size);
		if (!size || number % WINDOW == 0)
			wire_wait(wire, number);
	} while (size);
}

int main(int argc, char **argv)
{
	struct wire wire;
	int file;

	if (argc != 3) {
		fputs("usage: wire DEVICE FILE\n", stderr);
		return 2;
	}
	file = open(argv[2], O_RDONLY | O_CLOEXEC);
	if (file < 0)
		die("%s: %m", argv[2]);
	wire_open(&wire, argv[1]);
	file_send(&wire, file);
	return 0;
}
