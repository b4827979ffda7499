// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libcurl's part of a session: TCP, TLS, greeting, EHLO or HELO, AUTH. With
 * CURLOPT_CONNECT_ONLY it stops there and the transaction is ours.
 *
 * Its result codes do not tell the states apart and its response code is stale
 * after a failure, so every reply line (HEADERFUNCTION) and every command sent
 * (DEBUGFUNCTION) is watched here: they say which reply was the last one and
 * whether another was awaited.
 *
 * libcurl reports success, too, where a login was wanted but the server offered
 * none. So TLS and login count as had only if they were seen here.
 */

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "connection.h"
#include "helo.h"
#include "resolution.h"
#include "trust.h"

/* libcurl must not end first: our own deadline knows the state. */
#define MARGIN_MS 1000L

/* After it the server closes: libcurl would say HELO to it, and wait for an answer. */
#define REPLY_CLOSING 421

/* TCP_CLOSE_WAIT of <netinet/tcp.h>, which does not go together with <linux/tcp.h>. */
#define STATE_CLOSE_WAIT 8

#define REPLY_READY_FOR_TLS 220
#define REPLY_AUTHENTICATED 235
#define REPLY_CHALLENGE	    334
#define REPLY_LOGIN_REFUSED 535

/* Of OpenSSL; libcurl passes them on as they are. */
#define VERIFY_NOT_YET_VALID 9
#define VERIFY_EXPIRED	     10
#define VERIFY_HOST_NAME     62

#define SYSTEM_CA_FILE "/etc/ssl/certs/ca-certificates.crt"

static void trace(struct connection *connection, const char *format, const char *text)
{
	g_autofree char *line = NULL;

	if (!connection->trace)
		return;
	line = g_strconcat(format, text, NULL);
	connection->trace(connection->userdata, line);
}

static void take_capability(struct connection *connection, const struct reply *reply)
{
	const char *keyword = reply->text + 4;

	if (reply->code != 250 || strlen(reply->text) <= 4)
		return;
	if (!g_ascii_strcasecmp(keyword, "PIPELINING"))
		connection->pipelining = true;
	if (!g_ascii_strncasecmp(keyword, "AUTH ", 5) || !g_ascii_strncasecmp(keyword, "AUTH=", 5))
		connection->auth_offered = true;
}

void connection_redact(const struct connection *connection, struct reply *reply)
{
	if (!connection->credential || !connection->auth_sent)
		return;
	if (reply->code == REPLY_CHALLENGE || credential_in(connection->credential, reply->text))
		g_snprintf(reply->text, sizeof(reply->text), "%u (withheld)", reply->code);
}

static void take_line(struct connection *connection, bool complete)
{
	struct reply *reply = &connection->parser.reply;

	connection_redact(connection, reply);
	trace(connection, "State: 0x2 Received data: ", reply->text);
	take_capability(connection, reply);
	if (!complete)
		return;
	connection->answered = true;
	if (connection->auth_sent && reply->code == REPLY_AUTHENTICATED)
		connection->authenticated = true;
	if (!connection->greeted && reply_class(reply) == 2)
		trace(connection, "Received Greeting.", NULL);
	connection->greeted = true;
	if (connection->asked == ASKED_EHLO && reply_refuses(reply))
		connection->ehlo_refusal = *reply;
}

/* The server will not go on, or has not understood, but libcurl would go on as if after a 5yz. */
static bool is_end(const struct connection *connection)
{
	const struct reply *reply = &connection->parser.reply;

	if (reply->code == REPLY_CLOSING)
		return true;
	if (reply_refuses(reply))
		return false;
	return (connection->asked == ASKED_EHLO && reply_class(reply) != 2) ||
	       (connection->asked == ASKED_STARTTLS && reply->code != REPLY_READY_FOR_TLS);
}

/* Returning less than @count makes libcurl give up. */
static size_t header_received(char *data, size_t size, size_t count, void *userdata)
{
	struct connection *connection = userdata;
	size_t length = size * count;

	connection->heard += length;
	for (size_t used, i = 0; i < length; i += used) {
		enum reply_event event = reply_parse(&connection->parser, data + i, length - i,
						     &used);

		if (event == REPLY_GARBAGE || event == REPLY_TOO_LONG) {
			connection->fault = event;
			return 0;
		}
		if (event != REPLY_MORE)
			take_line(connection, event == REPLY_COMPLETE);
		if (event == REPLY_COMPLETE && is_end(connection))
			return 0;
	}
	return length;
}

/* What a server offers before TLS does not count after it. */
static void take_command(struct connection *connection, const char *text, size_t length)
{
	g_autofree char *line = g_strndup(text, length);
	g_autofree char *mechanism = g_strndup(line, 5 + strcspn(line + MIN(5, strlen(line)), " \r\n"));

	connection->answered = false;
	connection->asked = ASKED_OTHER;
	if (g_str_has_prefix(line, "EHLO")) {
		connection->asked = ASKED_EHLO;
		connection->pipelining = false;
		connection->auth_offered = false;
		connection->ehlo_refusal.code = 0;
		trace(connection, "Sending EHLO msg", NULL);
	} else if (g_str_has_prefix(line, "HELO")) {
		trace(connection, "Sending HELO msg", NULL);
	} else if (g_str_has_prefix(line, "STARTTLS")) {
		connection->asked = ASKED_STARTTLS;
		trace(connection, "Sending STARTTLS", NULL);
	} else if (g_str_has_prefix(line, "AUTH ")) {
		connection->auth_sent = true;
		trace(connection, "Sending ", mechanism);
	}
}

static bool begins(const char *text, size_t length, const char *prefix)
{
	size_t n = strlen(prefix);

	return length >= n && !memcmp(text, prefix, n);
}

/* Of a line that it has no room for, libcurl drops most without showing it. */
static void take_words(struct connection *connection, const char *text, size_t length)
{
	static const char secured[] = "SSL connection using ";
	g_autofree char *cipher = NULL;

	if (begins(text, length, "Excessive server response line"))
		connection->fault = REPLY_TOO_LONG;
	if (!begins(text, length, secured))
		return;
	connection->secured = true;
	cipher = g_strchomp(g_strndup(text + strlen(secured), length - strlen(secured)));
	trace(connection, "Secured by ", cipher);
}

static int event_told(CURL *easy, curl_infotype type, char *data, size_t size, void *userdata)
{
	struct connection *connection = userdata;

	(void)easy;
	if (type == CURLINFO_SSL_DATA_OUT)
		connection->up = true;
	if (type == CURLINFO_SSL_DATA_IN)
		connection->secured = true;
	if (type == CURLINFO_HEADER_OUT)
		take_command(connection, data, size);
	if (type == CURLINFO_TEXT)
		take_words(connection, data, size);
	return 0;
}

/* libcurl takes the EHLO name from the URL's path. */
static char *make_url(const struct connection *connection, const struct setup *setup)
{
	g_autofree char *own_name =
		setup->helo_name ? NULL : helo_name(connection->host, setup->source_interface);
	const char *name = setup->helo_name ? setup->helo_name : own_name;
	g_autofree char *path = g_uri_escape_string(name, NULL, FALSE);
	bool ipv6 = strchr(connection->host, ':');

	return g_strdup_printf("smtp%s://%s%s%s:%u/%s", setup->tls == TLS_IMPLICIT ? "s" : "",
			       ipv6 ? "[" : "", connection->host, ipv6 ? "]" : "",
			       connection->port, path);
}

/* A line that fills half of it without an end is told at once; TLS needs it for a whole record. */
static void set_buffer(CURL *easy, const struct setup *setup)
{
	if (setup->tls == TLS_NONE)
		curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 2L * REPLY_LINE_MAX);
}

static void set_limits(CURL *easy, long milliseconds)
{
	long limit = milliseconds + MARGIN_MS;

	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, limit);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, limit);
	curl_easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, limit / 1000 + 1);
}

static void set_callbacks(CURL *easy, struct connection *connection)
{
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, header_received);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, connection);
	curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, event_told);
	curl_easy_setopt(easy, CURLOPT_DEBUGDATA, connection);
	curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
}

/* The leading + lets libcurl forget them again. */
static void set_addresses(struct connection *connection, const char *addresses)
{
	g_autofree char *entry = g_strdup_printf("+%s:%u:%s", connection->host, connection->port,
						 addresses);

	connection->addresses = curl_slist_append(NULL, entry);
	curl_easy_setopt(connection->easy, CURLOPT_RESOLVE, connection->addresses);
}

/* libcurl is given no file, so without these it trusts nobody. */
static CURLcode set_trust(CURL *easy, void *context, void *userdata)
{
	struct connection *connection = userdata;
	X509_STORE *store = trust_store(connection->ca_file);

	(void)easy;
	if (!store && !connection->problem)
		connection->problem = g_strdup_printf("CAFile=%s: no file with certificates in PEM format",
						      connection->ca_file);
	if (!store)
		return CURLE_SSL_CACERT_BADFILE;
	SSL_CTX_set1_cert_store(context, store);
	return CURLE_OK;
}

static void set_tls(struct connection *connection, const struct setup *setup)
{
	CURL *easy = connection->easy;

	connection->tls_wanted = setup->tls != TLS_NONE;
	curl_easy_setopt(easy, CURLOPT_USE_SSL,
			 (long)(connection->tls_wanted ? CURLUSESSL_ALL : CURLUSESSL_NONE));
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	connection->ca_file = setup->ca_file ? setup->ca_file : SYSTEM_CA_FILE;
	curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
	curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, set_trust);
	curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, connection);
	curl_easy_setopt(easy, CURLOPT_PINNEDPUBLICKEY, setup->pin);
}

static int set_login(struct connection *connection, const struct setup *setup)
{
	const struct credential *credential;
	CURL *easy = connection->easy;

	if (setup->source)
		connection->problem = credential_read(&connection->credential, setup->source);
	else if (setup->login)
		connection->problem = credential_load(&connection->credential,
						      setup->credentials_file, setup->login,
						      connection->host, connection->port);
	credential = connection->credential;
	if (!credential)
		return connection->problem ? -EACCES : 0;
	curl_easy_setopt(easy, CURLOPT_USERNAME, credential->user);
	curl_easy_setopt(easy, credential->token ? CURLOPT_XOAUTH2_BEARER : CURLOPT_PASSWORD,
			 credential->secret);
	curl_easy_setopt(easy, CURLOPT_LOGIN_OPTIONS,
			 credential->token ? "AUTH=OAUTHBEARER;AUTH=XOAUTH2" :
					     "AUTH=PLAIN;AUTH=LOGIN;AUTH=CRAM-MD5");
	curl_easy_setopt(easy, CURLOPT_SASL_IR, 1L);
	return 0;
}

static void set_interface(struct connection *connection, const char *name)
{
	g_autofree char *value = NULL;

	connection->source_interface = name;
	if (!name)
		return;
	value = g_strconcat(is_ip_address(name) ? "host!" : "if!", name, NULL);
	curl_easy_setopt(connection->easy, CURLOPT_INTERFACE, value);
}

int connection_init(struct connection *connection, const struct setup *setup, const char *addresses,
		    long milliseconds)
{
	g_autofree char *url = make_url(connection, setup);
	CURL *easy = curl_easy_init();

	if (!easy)
		return -ENOMEM;
	connection->easy = easy;
	connection->fault = REPLY_MORE;
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* not from the environment */
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	if (addresses)
		set_addresses(connection, addresses);
	set_buffer(easy, setup);
	set_limits(easy, milliseconds);
	set_callbacks(easy, connection);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, connection->error);
	set_interface(connection, setup->source_interface);
	set_tls(connection, setup);
	return set_login(connection, setup);
}

bool connection_is_up(const struct connection *connection)
{
	curl_off_t connected = 0;

	curl_easy_getinfo(connection->easy, CURLINFO_CONNECT_TIME_T, &connected);
	return connection->up || connected > 0;
}

unsigned int connection_error(const struct connection *connection, unsigned int otherwise)
{
	long error = connection->error_number;

	/* within TLS, libcurl's own try to say more has put EPIPE in its place */
	if (strstr(connection->error, strerror(ECONNRESET)))
		return DETAIL_RESET;
	if (!error)
		curl_easy_getinfo(connection->easy, CURLINFO_OS_ERRNO, &error);
	switch (error) {
	case ECONNREFUSED:
		return DETAIL_REFUSED;
	case ECONNRESET:
		return DETAIL_RESET;
	case EPIPE:
		return DETAIL_CLOSED;
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ENETDOWN:
	case EHOSTDOWN:
	case EADDRNOTAVAIL:
		return DETAIL_NO_ROUTE;
	case ETIMEDOUT:
		return DETAIL_NONE;
	default:
		return otherwise;
	}
}

static void fail_tcp(const struct connection *connection, unsigned int state,
		     unsigned int otherwise, struct outcome *outcome)
{
	unsigned int detail = connection_error(connection, otherwise);

	outcome_fail(outcome, detail ? STATUS_TCP_ERROR : STATUS_TIMEOUT + state, state, detail);
}

static void fail_interface(const struct connection *connection, unsigned int state,
			   struct outcome *outcome)
{
	g_autofree char *text =
		g_strdup_printf("SourceInterface=%s: no network interface or address of this PC",
				connection->source_interface);

	outcome_fail(outcome, STATUS_TCP_ERROR, state, DETAIL_NO_ROUTE);
	outcome_say(outcome, text);
}

/*
 * A server answers a token that it does not take by a challenge, and says 535
 * to whatever comes then (RFC 7628, 3.2.3). libcurl has hung up with XOAUTH2.
 */
static bool is_token_refused(const struct connection *connection)
{
	return connection->credential && connection->credential->token && connection->auth_sent &&
	       !connection->authenticated && connection->parser.reply.code == REPLY_CHALLENGE;
}

/* The server has spoken last. */
static void fail_reply(const struct connection *connection, struct outcome *outcome)
{
	const struct reply *reply = &connection->parser.reply;

	if (reply_refuses(reply)) {
		outcome_refuse(outcome, STATE_GREETING, reply);
		if (connection->auth_sent && !connection->authenticated &&
		    reply->code != REPLY_CLOSING)
			outcome->detail = DETAIL_AUTH_REFUSED;
		return;
	}
	if (is_token_refused(connection))
		outcome_fail(outcome, REPLY_LOGIN_REFUSED, STATE_GREETING, DETAIL_AUTH_REFUSED);
	else
		outcome_fail(outcome, STATUS_INVALID_STATE, STATE_GREETING, DETAIL_NONE);
	outcome_take_reply(outcome, reply);
}

/*
 * What a server says behind its last reply, in the same segment, libcurl has
 * read and dropped. TCP has counted it. Inside TLS nobody has.
 */
static bool said_more(struct connection *connection)
{
	struct tcp_info info = { 0 };
	socklen_t size = sizeof(info);
	int fd = connection->fd, left = 0;

	if (connection->tls_wanted || getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) < 0)
		return false;
	connection->silent = info.tcpi_bytes_received == connection->heard;
	if (connection->silent || ioctl(fd, FIONREAD, &left) < 0)
		return false;
	/* the end of the stream counts as a byte */
	return info.tcpi_bytes_received - (info.tcpi_state == STATE_CLOSE_WAIT) - (uint64_t)left >
	       connection->heard;
}

CURLcode connection_check(struct connection *connection, CURLcode code)
{
	if (code == CURLE_OK)
		code = curl_easy_getinfo(connection->easy, CURLINFO_ACTIVESOCKET, &connection->fd);
	connection->unasked = code == CURLE_OK && said_more(connection);
	curl_easy_setopt(connection->easy, CURLOPT_VERBOSE, 0L);
	if (connection->unasked)
		return CURLE_WEIRD_SERVER_REPLY;
	if (code == CURLE_OK && connection->tls_wanted && !connection->secured)
		return CURLE_USE_SSL_FAILED;
	if (code == CURLE_OK && connection->credential && !connection->authenticated)
		return CURLE_LOGIN_DENIED;
	return code;
}

/* libcurl checks the name after OpenSSL has found the rest in order. */
static unsigned int certificate_detail(const struct connection *connection)
{
	long result = 0;

	curl_easy_getinfo(connection->easy, CURLINFO_SSL_VERIFYRESULT, &result);
	switch (result) {
	case VERIFY_NOT_YET_VALID:
		return DETAIL_CERTIFICATE_TOO_NEW;
	case VERIFY_EXPIRED:
		return DETAIL_CERTIFICATE_EXPIRED;
	case 0:
	case 1:
	case VERIFY_HOST_NAME:
		return DETAIL_CERTIFICATE_NAME;
	default:
		return DETAIL_CERTIFICATE_UNTRUSTED;
	}
}

/* The end of TCP amid the handshake: OpenSSL's words for it, or libcurl's. */
static bool is_cut(const struct connection *connection, CURLcode code)
{
	return code == CURLE_SSL_CONNECT_ERROR &&
	       (strstr(connection->error, "SSL_ERROR_SYSCALL") ||
		strstr(connection->error, "unexpected eof") ||
		g_str_has_prefix(connection->error, "Recv failure") ||
		g_str_has_prefix(connection->error, "Send failure"));
}

/* A server that does not know EHLO has neither STARTTLS nor AUTH. */
static bool is_ehlo_unknown(const struct connection *connection)
{
	unsigned int code = connection->ehlo_refusal.code;

	return code == 500 || code == 502 || code == 504;
}

/* Where libcurl has made do with HELO: the reason why there is no login. */
static bool is_ehlo_refused(const struct connection *connection)
{
	return connection->ehlo_refusal.code && !is_ehlo_unknown(connection);
}

/* What is wanted but not to be had; 0: it is not about that, or only for now. */
static unsigned int security_detail(const struct connection *connection, CURLcode code)
{
	switch (code) {
	case CURLE_USE_SSL_FAILED:
		if (connection->asked == ASKED_STARTTLS &&
		    reply_class(&connection->parser.reply) == 4)
			return 0;
		return DETAIL_TLS_NOT_OFFERED;
	case CURLE_REMOTE_ACCESS_DENIED:
		return connection->asked == ASKED_EHLO && connection->tls_wanted &&
				       !connection->secured && is_ehlo_unknown(connection) ?
			       DETAIL_TLS_NOT_OFFERED :
			       0;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CIPHER:
		return is_cut(connection, code) ? 0 : DETAIL_TLS_FAILED;
	case CURLE_PEER_FAILED_VERIFICATION:
		return certificate_detail(connection);
	case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
		return DETAIL_CERTIFICATE_PIN;
	case CURLE_SSL_CACERT_BADFILE:
		return DETAIL_BAD_FIELD;
	case CURLE_LOGIN_DENIED:
		if (connection->auth_sent || is_ehlo_refused(connection))
			return 0;
		return connection->auth_offered ? DETAIL_AUTH_MECHANISM : DETAIL_AUTH_NOT_OFFERED;
	default:
		return 0;
	}
}

/* The server's own words if it has refused; else ours or libcurl's. */
static void fail_security(const struct connection *connection, unsigned int detail,
			  struct outcome *outcome)
{
	const struct reply *reply = &connection->parser.reply;

	outcome_fail(outcome, STATUS_INVALID_SETUP, STATE_GREETING, detail);
	if (detail == DETAIL_AUTH_NOT_OFFERED && connection->ehlo_refusal.code)
		outcome_take_reply(outcome, &connection->ehlo_refusal);
	else if (detail == DETAIL_TLS_NOT_OFFERED && connection->answered && reply_refuses(reply))
		outcome_take_reply(outcome, reply);
	else
		outcome_say(outcome, connection->problem ? connection->problem : connection->error);
}

void connection_failure(const struct connection *connection, CURLcode code, unsigned int state,
			struct outcome *outcome)
{
	unsigned int otherwise = state == STATE_CONNECT ? DETAIL_NO_ROUTE : DETAIL_CLOSED;
	unsigned int security = security_detail(connection, code);

	if (security) {
		fail_security(connection, security, outcome);
		return;
	}
	if (connection->unasked)
		outcome_fail(outcome, STATUS_INVALID_STATE, state, DETAIL_UNASKED);
	else if (connection->fault == REPLY_GARBAGE)
		outcome_fail(outcome, STATUS_INVALID_STATE, state, DETAIL_GARBAGE);
	else if (connection->fault == REPLY_TOO_LONG)
		outcome_fail(outcome, STATUS_INVALID_STATE, state, DETAIL_LINE_TOO_LONG);
	else if (code == CURLE_OPERATION_TIMEDOUT)
		outcome_fail(outcome, STATUS_TIMEOUT + state, state, DETAIL_NONE);
	else if (code == CURLE_INTERFACE_FAILED)
		fail_interface(connection, state, outcome);
	else if (connection->ehlo_refusal.code &&
		 (!connection->answered || code == CURLE_LOGIN_DENIED))
		outcome_refuse(outcome, STATE_GREETING, &connection->ehlo_refusal);
	else if (connection->answered && !is_cut(connection, code))
		fail_reply(connection, outcome);
	else
		fail_tcp(connection, state, otherwise, outcome);
}

static CURLcode failure(struct connection *connection, CURLcode code)
{
	if (errno == EAGAIN)
		return CURLE_AGAIN;
	connection->error_number = errno;
	return code;
}

/* Without TLS there is nothing in it for libcurl, which seeks the socket each time. */
CURLcode connection_receive(struct connection *connection, void *buffer, size_t size, size_t *n)
{
	ssize_t r;

	if (connection->tls_wanted)
		return curl_easy_recv(connection->easy, buffer, size, n);
	r = recv(connection->fd, buffer, size, 0);
	*n = (size_t)MAX(r, 0);
	return r < 0 ? failure(connection, CURLE_RECV_ERROR) : CURLE_OK;
}

CURLcode connection_send(struct connection *connection, const void *data, size_t length, bool more,
			 size_t *n)
{
	ssize_t r;

	if (connection->tls_wanted)
		return curl_easy_send(connection->easy, data, length, n);
	r = send(connection->fd, data, length, MSG_NOSIGNAL | (more ? MSG_MORE : 0));
	*n = (size_t)MAX(r, 0);
	return r < 0 ? failure(connection, CURLE_SEND_ERROR) : CURLE_OK;
}

/*
 * In some of its ways to close, libcurl says QUIT and waits for the answer, up
 * to two minutes. On a socket that has been shut down it cannot.
 */
void connection_close(struct connection *connection, CURLM *multi)
{
	curl_socket_t fd = CURL_SOCKET_BAD;

	curl_easy_getinfo(connection->easy, CURLINFO_ACTIVESOCKET, &fd);
	if (fd != CURL_SOCKET_BAD)
		shutdown(fd, SHUT_RDWR);
	if (multi)
		curl_multi_remove_handle(multi, connection->easy);
	curl_easy_cleanup(connection->easy);
	curl_slist_free_all(connection->addresses);
	credential_free(connection->credential);
	g_free(connection->problem);
	connection->easy = NULL;
}
