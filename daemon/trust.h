/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_TRUST_H
#define ECEMAIL_TRUST_H

#include <openssl/x509.h>

/*
 * The certificates of a PEM file, for OpenSSL; not to be freed. They are read
 * when the file is new or has changed. NULL: there are none to be had.
 */
X509_STORE *trust_store(const char *file);

#endif /* ECEMAIL_TRUST_H */
