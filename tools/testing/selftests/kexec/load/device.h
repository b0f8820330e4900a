/* SPDX-License-Identifier: GPL-2.0 */
#ifndef DEVICE_H
#define DEVICE_H

/* Network devices, for programs that send frames of their own. */

#include <linux/if_packet.h>
#include <stdint.h>

/* Sets it up if it is not. Returns whom to send to, which is everybody. */
struct sockaddr_ll device_up(int fd, const char *name, uint16_t protocol);

#endif /* DEVICE_H */
