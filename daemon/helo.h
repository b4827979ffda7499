/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_HELO_H
#define ECEMAIL_HELO_H

/*
 * This machine's name for EHLO (RFC 5321, 4.1.4): its full host name, else the
 * address from which it would reach @server, as a literal such as [192.0.2.1];
 * by way of @interface, or from that address, if there is one. Asks no name
 * server. To be freed.
 */
char *helo_name(const char *server, const char *interface);

#endif /* ECEMAIL_HELO_H */
