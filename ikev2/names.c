/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of everything that has a number, and identities and selectors as text. Words are those that
 * IOS shows. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "ikev2/ike.h"
#include "ikev2/notify.h"
#include "ikev2/wire.h"

struct name {
	uint16_t number;
	const char *text;
};

/* clang-format off */
static const struct name prfs[] = {
	{ PRF_HMAC_SHA1,     "SHA1"   }, { PRF_HMAC_SHA2_256, "SHA256" },
	{ PRF_HMAC_SHA2_384, "SHA384" }, { PRF_HMAC_SHA2_512, "SHA512" },
};

static const struct name groups[] = {
	{ 1,            "DH_GROUP_768_MODP/Group 1"       }, { KE_MODP_1024, "DH_GROUP_1024_MODP/Group 2"  },
	{ KE_MODP_1536, "DH_GROUP_1536_MODP/Group 5"      }, { KE_MODP_2048, "DH_GROUP_2048_MODP/Group 14" },
	{ KE_MODP_3072, "DH_GROUP_3072_MODP/Group 15"     }, { KE_MODP_4096, "DH_GROUP_4096_MODP/Group 16" },
	{ KE_ECP_256,   "DH_GROUP_256_ECP/Group 19"       }, { KE_ECP_384,   "DH_GROUP_384_ECP/Group 20"   },
	{ KE_ECP_521,   "DH_GROUP_521_ECP/Group 21"       }, { 24,           "DH_GROUP_2048_256_MODP/Group 24" },
	{ KE_X25519,    "DH_GROUP_X25519/Group 31"        }, { KE_ML_KEM_512, "ML-KEM-512"                },
	{ KE_ML_KEM_768, "ML-KEM-768"                     }, { KE_ML_KEM_1024, "ML-KEM-1024"              },
};

static const struct name exchanges[] = {
	{ EXCH_SA_INIT,       "IKE_SA_INIT"        }, { EXCH_AUTH,          "IKE_AUTH"         },
	{ EXCH_CREATE_CHILD,  "CREATE_CHILD_SA"    }, { EXCH_INFORMATIONAL, "INFORMATIONAL"    },
	{ EXCH_SESSION_RESUME, "IKE_SESSION_RESUME" }, { EXCH_INTERMEDIATE, "IKE_INTERMEDIATE" },
	{ 38,                 "IKE_SESSION_RESUME" }, { 43,                 "IKE_INTERMEDIATE" },
	{ 44,                 "IKE_FOLLOWUP_KE"    },
};

static const struct name payloads[] = {
	{ PL_SA,  "SA"  }, { PL_KE,   "KE"   }, { PL_IDi,   "IDi" }, { PL_IDr,    "IDr"    }, { PL_CERT,   "CERT"   },
	{ PL_CERTREQ, "CERTREQ" }, { PL_AUTH, "AUTH" }, { PL_NONCE, "N" }, { PL_NOTIFY, "NOTIFY" },
	{ PL_DELETE, "DELETE" }, { PL_VENDOR, "VID" }, { PL_TSi, "TSi" }, { PL_TSr, "TSr" }, { PL_SK, "ENCR" },
	{ PL_CP, "CFG" }, { PL_EAP, "EAP" }, { PL_SKF, "ENCR_FRAG" },
};

static const struct name notifies[] = {
#define X(name, number) { number, #name },
	NOTIFY_LIST(X)
#undef X
};
/* clang-format on */

/* Four buffers in turn, so that one printf may name several strangers. */
static const char *lookup(const struct name *v, size_t n, uint16_t number, const char *kind)
{
	static _Thread_local char strange[4][24];
	static _Thread_local unsigned turn;

	for (size_t i = 0; i < n; i++)
		if (v[i].number == number)
			return v[i].text;
	char *s = strange[turn++ % 4];

	snprintf(s, sizeof(strange[0]), "%s %u", kind, number);
	return s;
}

const char *ike_prf_name(uint16_t id)
{
	return lookup(prfs, ARRAY_LEN(prfs), id, "prf");
}

const char *ike_group_name(uint16_t id)
{
	return lookup(groups, ARRAY_LEN(groups), id, "group");
}

const char *ike_notify_name(uint16_t type)
{
	return lookup(notifies, ARRAY_LEN(notifies), type, "notify");
}

const char *ike_exchange_name(uint8_t type)
{
	return lookup(exchanges, ARRAY_LEN(exchanges), type, "exchange");
}

const char *ike_payload_name(uint8_t type)
{
	return lookup(payloads, ARRAY_LEN(payloads), type, "payload");
}

/* ---- identities ------------------------------------------------------------------------------ */

static bool printable(const struct ike_id *id)
{
	for (size_t i = 0; i < id->len; i++)
		if (!isascii(id->data[i]) || !isprint(id->data[i]))
			return false;
	return id->len > 0;
}

/* What is not plain text is shown in hex: a peer's identity goes to logs and terminals. */
static void text_or_hex(const struct ike_id *id, const char *head, char buf[320])
{
	enum { HEX_MAX = 140 };
	size_t n = (size_t)snprintf(buf, 320, "%s", head);

	if (printable(id)) {
		snprintf(buf + n, 320 - n, "%.*s", id->len, (const char *)id->data);
		return;
	}
	hex_fmt(buf + n, id->data, id->len < HEX_MAX ? id->len : HEX_MAX);
	if (id->len > HEX_MAX)
		strcat(buf, "...");
}

const char *ike_id_fmt(const struct ike_id *id, char buf[320])
{
	struct ipaddr a;
	char head[20];

	buf[0] = '\0';
	switch (id->type) {
	case ID_NONE:
		break;
	case ID_IPV4_ADDR:
	case ID_IPV6_ADDR:
		a = ipaddr_from(id->type == ID_IPV4_ADDR ? AF_INET : AF_INET6, id->data);
		ipaddr_fmt(&a, buf);
		break;
	case ID_FQDN:
	case ID_RFC822_ADDR:
		text_or_hex(id, "", buf);
		break;
	case ID_KEY_ID:
		text_or_hex(id, "key-id ", buf);
		break;
	case ID_DER_ASN1_DN:
		text_or_hex(id, "dn ", buf);
		break;
	default:
		snprintf(head, sizeof(head), "id-type %u ", id->type);
		text_or_hex(id, head, buf);
	}
	return buf;
}

struct ike_id ike_id_addr(const struct ipaddr *a)
{
	struct ike_id id = {.len = (uint8_t)ipaddr_octets(a)};

	if (id.len)
		id.type = id.len == 4 ? ID_IPV4_ADDR : ID_IPV6_ADDR;
	memcpy(id.data, a->b, id.len);
	return id;
}

struct ike_id ike_id_text(uint8_t type, const char *s)
{
	struct ike_id id = {.type = type};
	size_t n = strlen(s);
	struct ipaddr a;

	if (type == ID_IPV4_ADDR || type == ID_IPV6_ADDR) {
		if (type == ID_IPV4_ADDR ? ipaddr_parse4(s, &a) : ipaddr_parse6(s, &a))
			return ike_id_addr(&a);
		return (struct ike_id){0};
	}
	if (n > sizeof(id.data))
		return (struct ike_id){0};
	id.len = (uint8_t)n;
	memcpy(id.data, s, n);
	return id;
}

static size_t local_part(const struct ike_id *id)
{
	const uint8_t *at = memrchr(id->data, '@', id->len);

	return at ? (size_t)(at - id->data) : 0;
}

static bool same_nocase(const uint8_t *a, const uint8_t *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (tolower(a[i]) != tolower(b[i]))
			return false;
	return true;
}

bool ike_id_eq(const struct ike_id *a, const struct ike_id *b)
{
	if (a->type != b->type || a->len != b->len)
		return false;
	size_t exact = a->len;

	if (a->type == ID_FQDN)
		exact = 0;
	else if (a->type == ID_RFC822_ADDR)
		exact = local_part(a);
	if (a->type == ID_RFC822_ADDR && local_part(b) != exact)
		return false;
	return memcmp(a->data, b->data, exact) == 0 &&
	       same_nocase(a->data + exact, b->data + exact, a->len - exact);
}

/* ---- selectors ------------------------------------------------------------------------------- */

struct ike_ts ike_ts_any4(void)
{
	return (struct ike_ts){
	        .port_hi = UINT16_MAX, .lo = ipaddr_v4(0), .hi = ipaddr_v4(UINT32_MAX)};
}

struct ike_ts ike_ts_any6(void)
{
	uint8_t lo[16] = {0}, hi[16];

	memset(hi, 0xff, sizeof(hi));
	return (struct ike_ts){.port_hi = UINT16_MAX,
	        .lo = ipaddr_from(AF_INET6, lo),
	        .hi = ipaddr_from(AF_INET6, hi)};
}

const char *ike_ts_fmt(const struct ike_ts *ts, char buf[128])
{
	char lo[IPADDR_STRLEN], hi[IPADDR_STRLEN];

	snprintf(buf, 128, "%s/%u - %s/%u", ipaddr_fmt(&ts->lo, lo), ts->port_lo,
	        ipaddr_fmt(&ts->hi, hi), ts->port_hi);
	return buf;
}
