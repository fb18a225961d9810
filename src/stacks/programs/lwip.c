/*
 * lwIP as the IP stack of a host: takes over links of the network namespace through packet sockets, and does what it is
 * asked by lines of JSON (src/experiment/foreign-messages.ts).
 *
 *   lwip LINK... [--address LINK ADDRESS/LENGTH]... [--gateway LINK ADDRESS]...
 *
 * The first gateway makes its link the default one. Addresses, routers and prefixes are told when they change: this
 * build of lwIP has no callbacks for that, so they are compared after each packet and ten times a second.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "messages.h"

#include "lwip/ethip6.h"
#include "lwip/icmp.h"
#include "lwip/inet_chksum.h"
#include "lwip/init.h"
#include "lwip/nd6.h"
#include "lwip/netif.h"
#include "lwip/priv/nd6_priv.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/raw.h"
#include "lwip/tcp.h"
#include "lwip/tcpip.h"
#include "lwip/timeouts.h"
#include "lwip/udp.h"
#include "netif/etharp.h"

enum { MOST_LINKS = 8, MOST_BYTES = 65535, LOOK_MS = 100 };

struct link {
  const char *name;
  int fd;
  struct netif netif;
};

static struct link links[MOST_LINKS];
static int link_count;

static struct link *link_named(const char *name) {
  for (int i = 0; i < link_count; i++)
    if (!strcmp(links[i].name, name)) return &links[i];
  return NULL;
}

static const char *link_of(const struct netif *netif) { return ((struct link *)netif->state)->name; }

static void fail(const char *what, const char *of) {
  fprintf(stderr, "lwip: %s: %s: %s\n", of, what, strerror(errno));
  exit(1);
}

/* Of an IPv6 address without its zone; good until the next call. */
static const char *text_of(const ip_addr_t *address) {
  static char text[INET6_ADDRSTRLEN];
  return inet_ntop(IP_IS_V6(address) ? AF_INET6 : AF_INET, address, text, sizeof text);
}

static const char *text_of_ip6(const ip6_addr_t *address) {
  ip_addr_t any;
  ip_addr_copy_from_ip6(any, *address);
  return text_of(&any);
}

/* --- The links --- */

static err_t send_frame(struct netif *netif, struct pbuf *frame) {
  static u8_t bytes[MOST_BYTES];
  u16_t length = pbuf_copy_partial(frame, bytes, sizeof bytes, 0);
  return send(((struct link *)netif->state)->fd, bytes, length, 0) < 0 ? ERR_IF : ERR_OK;
}

/* What a network card hands on: frames to its own address, to groups and to all. */
static void receive_frame(struct link *link) {
  static u8_t bytes[MOST_BYTES];
  struct sockaddr_ll from;
  socklen_t size = sizeof from;
  ssize_t length = recvfrom(link->fd, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &size);
  if (length <= 0 || from.sll_pkttype == PACKET_OTHERHOST) return;
  /* Not PBUF_POOL: this build gives 600 bytes of memory for what it says has room for 1500. */
  struct pbuf *frame = pbuf_alloc(PBUF_RAW, length, PBUF_RAM);
  if (!frame) return;
  pbuf_take(frame, bytes, length);
  if (link->netif.input(frame, &link->netif) != ERR_OK) pbuf_free(frame);
}

static err_t set_up_netif(struct netif *netif) {
  struct link *link = netif->state;
  struct ifreq request = {0};
  strncpy(request.ifr_name, link->name, IFNAMSIZ - 1);
  if (ioctl(link->fd, SIOCGIFHWADDR, &request)) fail("no address", link->name);
  memcpy(netif->hwaddr, request.ifr_hwaddr.sa_data, ETHARP_HWADDR_LEN);
  netif->hwaddr_len = ETHARP_HWADDR_LEN;
  if (ioctl(link->fd, SIOCGIFMTU, &request)) fail("no MTU", link->name);
  netif->mtu = netif->mtu6 = request.ifr_mtu;
  netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_IGMP | NETIF_FLAG_MLD6;
  netif->output = etharp_output;
  netif->output_ip6 = ethip6_output;
  netif->linkoutput = send_frame;
  memcpy(netif->name, "en", 2);
  return ERR_OK;
}

static void take_over(const char *name) {
  if (link_count == MOST_LINKS) fail("too many links", name);
  struct link *link = &links[link_count++];
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
  int yes = 1;
  link->name = name;
  link->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  address.sll_ifindex = if_nametoindex(name);
  if (link->fd < 0 || !address.sll_ifindex) fail("cannot be taken over", name);
  setsockopt(link->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof yes);
  if (bind(link->fd, (struct sockaddr *)&address, sizeof address)) fail("cannot be taken over", name);
  struct ifreq request = {.ifr_flags = IFF_UP};
  strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  if (ioctl(link->fd, SIOCSIFFLAGS, &request)) fail("cannot be brought up", name);
  netif_add_noaddr(&link->netif, link, set_up_netif, tcpip_input);
  netif_create_ip6_linklocal_address(&link->netif, 1);
  netif_set_ip6_autoconfig_enabled(&link->netif, 1);
  netif_set_up(&link->netif);
}

/* --- What it tells of itself --- */

/* The last thing told of each entry, by what it is; an entry that is told no more is gone. */
static json_t *told;

static void tell_change(json_t *entry, const char *what) {
  json_t *change = json_deep_copy(entry);
  json_object_set_new(change, "kind", json_string("netlink"));
  json_object_set_new(change, "what", json_string(what));
  tell(json_pack("{s:o}", "told", change));
}

/* Takes the entry. */
static void now_there(json_t *current, const char *kind, const char *link, const char *name, json_t *entry) {
  json_t *key = json_sprintf("%s %s %s", kind, link, name);
  json_t *before = json_object_get(told, json_string_value(key));
  json_object_set_new(entry, "object", json_string(kind));
  if (!json_equal(before, entry)) tell_change(entry, "new");
  json_object_set_new(current, json_string_value(key), entry);
  json_decref(key);
}

static json_t *flags_of(u8_t state, int is_static) {
  json_t *flags = json_array();
  if (ip6_addr_istentative(state)) json_array_append_new(flags, json_string("tentative"));
  if (ip6_addr_isduplicated(state)) json_array_append_new(flags, json_string("dadfailed"));
  if (ip6_addr_isdeprecated(state)) json_array_append_new(flags, json_string("deprecated"));
  if (is_static) json_array_append_new(flags, json_string("permanent"));
  return flags;
}

static int ones(u32_t mask) { return __builtin_popcount(mask); }

/* Lifetimes are those that were last set: lwIP counts them down each second, which is no news. */
static void look_at_addresses(struct link *link, json_t *current) {
  struct netif *netif = &link->netif;
  if (!ip4_addr_isany_val(*netif_ip4_addr(netif))) {
    const char *text = ip4addr_ntoa(netif_ip4_addr(netif));
    now_there(current, "address", link->name, text,
      json_pack("{s:s,s:s,s:i,s:[s],s:s,s:n,s:n}", "interface", link->name, "address", text, "prefixLength",
        ones(netif_ip4_netmask(netif)->addr), "flags", "permanent", "scope", "global", "preferredLifetime",
        "validLifetime"));
  }
  for (int i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
    u8_t state = netif_ip6_addr_state(netif, i);
    if (ip6_addr_isinvalid(state)) continue;
    const ip6_addr_t *address = netif_ip6_addr(netif, i);
    const char *text = text_of_ip6(address);
    now_there(current, "address", link->name, text,
      json_pack("{s:s,s:s,s:i,s:o,s:s,s:n,s:n}", "interface", link->name, "address", text, "prefixLength", 64,
        "flags", flags_of(state, netif_ip6_addr_isstatic(netif, i)), "scope",
        ip6_addr_islinklocal(address) ? "link" : "global", "preferredLifetime", "validLifetime"));
  }
}

static void route_there(json_t *current, const char *family, const char *to, const char *via, const char *link,
  const char *protocol) {
  json_t *hop = json_pack("{s:s*,s:s}", "via", via, "interface", link);
  char name[160];
  snprintf(name, sizeof name, "%s %s", to, via ? via : "");
  now_there(current, "route", link, name,
    json_pack("{s:s,s:s,s:[o],s:i,s:s,s:s}", "family", family, "destination", to, "nextHops", hop, "table", 254,
      "protocol", protocol, "type", "unicast"));
}

static void look_at_routes(json_t *current) {
  for (int i = 0; i < LWIP_ND6_NUM_ROUTERS; i++) {
    struct nd6_neighbor_cache_entry *router = default_router_list[i].neighbor_entry;
    if (!router || !router->netif || !default_router_list[i].invalidation_timer) continue;
    route_there(current, "ipv6", "default", text_of_ip6(&router->next_hop_address), link_of(router->netif), "ra");
  }
  for (int i = 0; i < LWIP_ND6_NUM_PREFIXES; i++) {
    char prefix[INET6_ADDRSTRLEN + 3];
    if (!prefix_list[i].netif || !prefix_list[i].invalidation_timer) continue;
    snprintf(prefix, sizeof prefix, "%s/64", text_of_ip6(&prefix_list[i].prefix));
    route_there(current, "ipv6", prefix, NULL, link_of(prefix_list[i].netif), "ra");
  }
  if (netif_default && !ip4_addr_isany_val(*netif_ip4_gw(netif_default)))
    route_there(current, "ipv4", "default", ip4addr_ntoa(netif_ip4_gw(netif_default)), link_of(netif_default),
      "static");
}

static void look(void *unused) {
  (void)unused;
  const char *key;
  json_t *entry, *current = json_object();
  for (int i = 0; i < link_count; i++) look_at_addresses(&links[i], current);
  look_at_routes(current);
  json_object_foreach(told, key, entry) {
    if (!json_object_get(current, key)) tell_change(entry, "deleted");
  }
  json_decref(told);
  told = current;
}

static void look_again(void *unused) {
  look(unused);
  sys_timeout(LOOK_MS, look_again, NULL);
}

/* --- What it is asked --- */

enum kind { UDP, TCP, PING };

struct flow {
  struct flow *next;
  enum kind kind;
  char *name;
  union {
    struct udp_pcb *udp;
    struct tcp_pcb *tcp;
    struct raw_pcb *raw;
    struct ip_pcb *ip;
  } pcb;
  ip_addr_t destination;
  u16_t port;
  size_t size;
  /* Of a connection under way: who waits for it, and what it will carry. */
  json_int_t waiting;
  char *data;
};

/* Newest first. A flow that was replaced stays open: a closed one would refuse the answer. */
static struct flow *flows;

static struct flow *flow_named(const char *name) {
  struct flow *flow = flows;
  while (flow && strcmp(flow->name, name)) flow = flow->next;
  return flow;
}

static const char *error_of(err_t error) { return error == ERR_OK ? NULL : strerrorname_np(err_to_errno(error)); }

/* What getsockname would say; the address is open until the application has named one. */
static json_t *local_end(struct flow *flow, const char *error) {
  const ip_addr_t *own = &flow->pcb.ip->local_ip;
  u16_t port = flow->kind == UDP ? flow->pcb.udp->local_port : flow->kind == TCP ? flow->pcb.tcp->local_port : 0;
  return json_pack("{s:s?,s:o,s:s?}", "socketAddress", ip_addr_isany(own) ? NULL : text_of(own), "socketPort",
    port ? json_integer(port) : json_null(), "error", error);
}

/* The payload filled up with zeros; of an echo request with its header, whose ICMPv6 checksum lwIP adds. */
static struct pbuf *payload(const struct flow *flow, const char *data) {
  size_t length = strlen(data) > flow->size ? strlen(data) : flow->size;
  size_t header = flow->kind == PING ? sizeof(struct icmp_echo_hdr) : 0;
  struct pbuf *packet = pbuf_alloc(PBUF_TRANSPORT, header + length, PBUF_RAM);
  if (!packet) return NULL;
  memset(packet->payload, 0, packet->len);
  memcpy((char *)packet->payload + header, data, strlen(data));
  if (flow->kind == PING) {
    struct icmp_echo_hdr *echo = packet->payload;
    ICMPH_TYPE_SET(echo, IP_IS_V6(&flow->destination) ? ICMP6_TYPE_EREQ : ICMP_ECHO);
    echo->id = lwip_htons(flow->port);
    echo->seqno = lwip_htons(1);
    if (IP_IS_V4(&flow->destination)) echo->chksum = inet_chksum(echo, packet->len);
  }
  return packet;
}

static err_t send_over(struct flow *flow, const char *data) {
  struct pbuf *packet = payload(flow, data);
  if (!packet) return ERR_MEM;
  err_t error;
  if (flow->kind == UDP) error = udp_send(flow->pcb.udp, packet);
  else if (flow->kind == PING) error = raw_sendto(flow->pcb.raw, packet, &flow->destination);
  else if (!(error = tcp_write(flow->pcb.tcp, packet->payload, packet->len, TCP_WRITE_FLAG_COPY)))
    error = tcp_output(flow->pcb.tcp);
  pbuf_free(packet);
  return error;
}

static void connection_settled(struct flow *flow, json_t *said) {
  if (flow->waiting) answer(flow->waiting, said);
  else json_decref(said);
  flow->waiting = 0;
}

static err_t connected(void *arg, struct tcp_pcb *pcb, err_t error) {
  (void)pcb;
  struct flow *flow = arg;
  connection_settled(flow, local_end(flow, error_of(error)));
  send_over(flow, flow->data);
  return ERR_OK;
}

/* lwIP has freed the connection. */
static void refused(void *arg, err_t error) {
  struct flow *flow = arg;
  flow->pcb.tcp = NULL;
  connection_settled(flow, json_pack("{s:s?}", "error", error_of(error)));
}

static void given_up(void *arg) {
  struct flow *flow = arg;
  if (flow->waiting) connection_settled(flow, local_end(flow, NULL));
}

static err_t received(void *arg, struct tcp_pcb *pcb, struct pbuf *data, err_t error) {
  (void)arg, (void)error;
  if (!data) return ERR_OK;
  tcp_recved(pcb, data->tot_len);
  pbuf_free(data);
  return ERR_OK;
}

/* As lwIP's sockets do it for a name of a link, and for an address. */
static err_t open_flow(struct flow *flow, struct link *bound, const ip_addr_t *own, int hop_limit) {
  u8_t type = IP_GET_TYPE(&flow->destination);
  err_t error = ERR_OK;
  if (flow->kind == UDP) flow->pcb.udp = udp_new_ip_type(type);
  else if (flow->kind == TCP) flow->pcb.tcp = tcp_new_ip_type(type);
  else flow->pcb.raw = raw_new_ip_type(type, type == IPADDR_TYPE_V6 ? IP6_NEXTH_ICMP6 : IP_PROTO_ICMP);
  if (!flow->pcb.ip) return ERR_MEM;
  if (hop_limit) flow->pcb.ip->ttl = hop_limit;
  if (bound) flow->pcb.ip->netif_idx = netif_get_index(&bound->netif);
  switch (flow->kind) {
    case UDP:
      if (own) error = udp_bind(flow->pcb.udp, own, 0);
      return error ? error : udp_connect(flow->pcb.udp, &flow->destination, flow->port);
    case PING:
      if (type == IPADDR_TYPE_V6) flow->pcb.raw->chksum_reqd = 1, flow->pcb.raw->chksum_offset = 2;
      return own ? raw_bind(flow->pcb.raw, own) : ERR_OK;
    case TCP:
      tcp_arg(flow->pcb.tcp, flow);
      tcp_err(flow->pcb.tcp, refused);
      tcp_recv(flow->pcb.tcp, received);
      if (own) error = tcp_bind(flow->pcb.tcp, own, 0);
      return error ? error : tcp_connect(flow->pcb.tcp, &flow->destination, flow->port, connected);
  }
  return ERR_VAL;
}

static void ask(json_int_t id, json_t *fields) {
  struct question asked = question_of(fields);
  ip_addr_t own;
  struct flow *flow = calloc(1, sizeof *flow);
  flow->kind = !strcmp(asked.kind, "udp") ? UDP : !strcmp(asked.kind, "tcp") ? TCP : PING;
  flow->name = strdup(asked.flow);
  flow->data = strdup(asked.data);
  flow->port = asked.port;
  flow->size = asked.size;
  ipaddr_aton(asked.destination, &flow->destination);
  if (asked.address) ipaddr_aton(asked.address, &own);
  err_t error = open_flow(flow, asked.link ? link_named(asked.link) : NULL, asked.address ? &own : NULL,
    asked.hop_limit);
  if (!error && flow->kind != TCP) error = send_over(flow, asked.data);
  flow->next = flows;
  flows = flow;
  if (error || flow->kind != TCP) {
    answer(id, flow->pcb.ip ? local_end(flow, error_of(error)) : json_pack("{s:s?}", "error", error_of(error)));
    return;
  }
  flow->waiting = id;
  sys_timeout(asked.within, given_up, flow);
}

static void ask_again(json_int_t id, json_t *fields) {
  const char *name, *data;
  json_unpack(fields, "{s:s,s:s}", "flow", &name, "data", &data);
  struct flow *flow = flow_named(name);
  if (!flow || !flow->pcb.ip) {
    answer(id, json_pack("{s:s}", "error", "no open flow"));
    return;
  }
  json_t *said = local_end(flow, error_of(send_over(flow, data)));
  json_object_set_new(said, "destination", json_string(text_of(&flow->destination)));
  answer(id, said);
}

static void echo_datagram(void *arg, struct udp_pcb *pcb, struct pbuf *data, const ip_addr_t *from, u16_t port) {
  (void)arg;
  udp_sendto(pcb, data, from, port);
  pbuf_free(data);
}

static err_t echo_data(void *arg, struct tcp_pcb *pcb, struct pbuf *data, err_t error) {
  if (data) tcp_write(pcb, data->payload, data->len, TCP_WRITE_FLAG_COPY);
  return received(arg, pcb, data, error);
}

static err_t accept_connection(void *arg, struct tcp_pcb *pcb, err_t error) {
  (void)arg, (void)error;
  if (pcb) tcp_recv(pcb, echo_data);
  return ERR_OK;
}

static err_t listen_on(const char *protocol, int port) {
  err_t error;
  if (!strcmp(protocol, "udp")) {
    struct udp_pcb *pcb = udp_new_ip_type(IPADDR_TYPE_ANY);
    if (!(error = udp_bind(pcb, IP_ANY_TYPE, port))) udp_recv(pcb, echo_datagram, NULL);
    return error;
  }
  struct tcp_pcb *pcb = tcp_new_ip_type(IPADDR_TYPE_ANY);
  if ((error = tcp_bind(pcb, IP_ANY_TYPE, port))) return error;
  tcp_accept(tcp_listen(pcb), accept_connection);
  return ERR_OK;
}

static void carry_out(json_int_t id, const char *order, json_t *fields) {
  const char *name;
  int port, carrier;
  if (!strcmp(order, "ask")) ask(id, fields);
  else if (!strcmp(order, "again")) ask_again(id, fields);
  else if (!strcmp(order, "listen") && !json_unpack(fields, "{s:s,s:i}", "protocol", &name, "port", &port))
    answer(id, json_pack("{s:s?}", "error", error_of(listen_on(name, port))));
  else if (!strcmp(order, "link") && !json_unpack(fields, "{s:s,s:b}", "link", &name, "carrier", &carrier)) {
    struct link *link = link_named(name);
    if (link && carrier) netif_set_link_up(&link->netif);
    else if (link) netif_set_link_down(&link->netif);
    look(NULL);
    answer(id, json_object());
  } else answer(id, json_pack("{s:s}", "error", "ENOSYS"));
}

/* --- The beginning --- */

static void add_address(struct netif *netif, char *text) {
  char *length = strchr(text, '/');
  ip_addr_t address;
  *length++ = 0;
  if (!ipaddr_aton(text, &address)) fail("no address", text);
  if (IP_IS_V6(&address)) {
    netif_add_ip6_address(netif, ip_2_ip6(&address), NULL);
    return;
  }
  ip4_addr_t mask = {lwip_htonl(atoi(length) ? ~0u << (32 - atoi(length)) : 0)};
  netif_set_addr(netif, ip_2_ip4(&address), &mask, netif_ip4_gw(netif));
}

static void add_gateway(struct netif *netif, const char *text) {
  ip4_addr_t gateway;
  if (!ip4addr_aton(text, &gateway)) fail("no IPv4 address", text);
  netif_set_gw(netif, &gateway);
  if (!netif_default) netif_set_default(netif);
}

static void set_up(int count, char **words) {
  for (int i = 0; i < count; i++) {
    if (words[i][0] != '-') {
      take_over(words[i]);
      continue;
    }
    struct link *link = i + 2 < count ? link_named(words[i + 1]) : NULL;
    if (!link) fail("no such link", words[i]);
    if (!strcmp(words[i], "--address")) add_address(&link->netif, words[i + 2]);
    else add_gateway(&link->netif, words[i + 2]);
    i += 2;
  }
}

static void wait_for_everything(void) {
  struct pollfd ends[MOST_LINKS + 1];
  for (int i = 0; i < link_count; i++) ends[i] = (struct pollfd){.fd = links[i].fd, .events = POLLIN};
  ends[link_count] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
  for (int more = 1; more;) {
    poll(ends, link_count + 1, -1);
    for (int i = 0; i < link_count; i++)
      if (ends[i].revents) {
        receive_frame(&links[i]);
        tcpip_try_callback(look, NULL);
      }
    if (!ends[link_count].revents) continue;
    LOCK_TCPIP_CORE();
    more = read_orders(carry_out);
    UNLOCK_TCPIP_CORE();
  }
}

int main(int count, char **words) {
  if (count == 2 && !strcmp(words[1], "--version")) return puts("lwIP " LWIP_VERSION_STRING), 0;
  tcpip_init(NULL, NULL);
  told = json_object();
  LOCK_TCPIP_CORE();
  set_up(count - 1, words + 1);
  tell(json_pack("{s:s}", "ready", "lwIP " LWIP_VERSION_STRING));
  look_again(NULL);
  UNLOCK_TCPIP_CORE();
  wait_for_everything();
  return 0;
}
