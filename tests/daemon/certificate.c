// SPDX-License-Identifier: GPL-2.0-or-later
/* Certificates, made when the tests run, so that none can expire in the tree. */

#include <glib.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#include "certificate.h"

static void add_extension(X509 *certificate, int nid, const char *value)
{
	X509_EXTENSION *extension;
	X509V3_CTX context;

	X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	g_assert(extension);
	X509_add_ext(certificate, extension, -1);
	X509_EXTENSION_free(extension);
}

static X509 *sign(EVP_PKEY *key, const char *name, long from, long to)
{
	g_autofree char *other = g_strconcat(g_ascii_isdigit(*name) ? "IP:" : "DNS:", name, NULL);
	X509 *certificate = X509_new();
	X509_NAME *subject = X509_get_subject_name(certificate);

	X509_set_version(certificate, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), g_random_int_range(1, G_MAXINT32));
	X509_gmtime_adj(X509_getm_notBefore(certificate), from);
	X509_gmtime_adj(X509_getm_notAfter(certificate), to);
	X509_set_pubkey(certificate, key);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1,
				   0);
	X509_set_issuer_name(certificate, subject);
	add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
	add_extension(certificate, NID_subject_alt_name, other);
	g_assert(X509_sign(certificate, key, EVP_sha256()));
	return certificate;
}

static char *make_pin(EVP_PKEY *key)
{
	unsigned char *der = NULL, hash[EVP_MAX_MD_SIZE];
	int length = i2d_PUBKEY(key, &der);
	unsigned int size;
	g_autofree char *text = NULL;

	EVP_Digest(der, (size_t)length, hash, &size, EVP_sha256(), NULL);
	OPENSSL_free(der);
	text = g_base64_encode(hash, size);
	return g_strconcat("sha256//", text, NULL);
}

SSL_CTX *certificate_new(const char *name, long from, long to, const char *file, char **pin)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = sign(key, name, from, to);
	FILE *out = fopen(file, "w");

	PEM_write_X509(out, certificate);
	fclose(out);
	if (pin)
		*pin = make_pin(key);
	SSL_CTX_use_certificate(context, certificate);
	SSL_CTX_use_PrivateKey(context, key);
	X509_free(certificate);
	EVP_PKEY_free(key);
	return context;
}
