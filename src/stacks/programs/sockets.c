/*
 * A host's IP stack that is a kernel other than the lab's, asked from within: sockets of the kernel that runs this
 * program, and what it says by rtnetlink. Does what it is asked by lines of JSON (src/experiment/foreign-messages.ts).
 *
 *   sockets [NETWORK]
 *
 * With the network namespace in which the far ends of its links are: a whole Linux kernel, whose changes are told as
 * they come, and which learns of carrier by the far end of the link with the index 7, port7.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "messages.h"

enum { MOST_LISTENERS = 64, MOST_BYTES = 65535, MOST_OUTPUT = 16384, NAME = 128 };

union address {
  struct sockaddr any;
  struct sockaddr_in ipv4;
  struct sockaddr_in6 ipv6;
};

static socklen_t length_of(const union address *address) {
  return address->any.sa_family == AF_INET6 ? sizeof address->ipv6 : sizeof address->ipv4;
}

static union address address_from(const char *text, int port) {
  union address address = {0};
  if (strchr(text, ':')) {
    address.ipv6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(port)};
    inet_pton(AF_INET6, text, &address.ipv6.sin6_addr);
  } else {
    address.ipv4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, text, &address.ipv4.sin_addr);
  }
  return address;
}

/* --- What the kernel says of itself --- */

static json_t *hexadecimal(const unsigned char *bytes, size_t length) {
  static const char digits[] = "0123456789abcdef";
  char *text = malloc(2 * length + 1);
  for (size_t i = 0; i < length; i++) {
    text[2 * i] = digits[bytes[i] >> 4];
    text[2 * i + 1] = digits[bytes[i] & 15];
  }
  json_t *string = json_stringn(text, 2 * length);
  free(text);
  return string;
}

static void tell_netlink(const unsigned char *bytes, size_t length) {
  tell(json_pack("{s:o}", "netlink", hexadecimal(bytes, length)));
}

/* A line of it stays shorter than what miflab, or a virtio port, takes at once. */
enum { MOST_NETLINK = 1 << 13 };

/* Passes on what it says until it has said all. */
static void dump(int fd, int type) {
  static unsigned char bytes[MOST_NETLINK];
  struct {
    struct nlmsghdr header;
    struct rtgenmsg body;
  } request = {{.nlmsg_len = sizeof request, .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP}, {0}};
  send(fd, &request, sizeof request, 0);
  for (ssize_t length; (length = recv(fd, bytes, sizeof bytes, 0)) > 0;) {
    const struct nlmsghdr *message = (const void *)bytes;
    if (message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR) return;
    tell_netlink(bytes, length);
    size_t last = 0;
    for (size_t at = 0; at + sizeof *message <= (size_t)length; at += NLMSG_ALIGN(message->nlmsg_len)) {
      message = (const void *)(bytes + at);
      if (message->nlmsg_len < sizeof *message) return;
      last = message->nlmsg_type;
    }
    if (last == NLMSG_DONE) return;
  }
}

static void tell_tables(void) {
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  for (int type = 0; type < 3; type++) dump(fd, (int[]){RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE}[type]);
  close(fd);
}

/* Subscribed before it asks what is there, so that nothing is missed in between; to its end. */
static void *watch(void *unused) {
  static unsigned char bytes[MOST_NETLINK];
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), room = 1 << 24;
  struct sockaddr_nl groups = {.nl_family = AF_NETLINK,
    .nl_groups = RTMGRP_LINK | RTMGRP_NEIGH | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE |
                 RTMGRP_IPV6_ROUTE | RTMGRP_IPV4_RULE | 1 << (RTNLGRP_IPV6_RULE - 1)};
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
  bind(fd, (struct sockaddr *)&groups, sizeof groups);
  for (int type = 0; type < 5; type++)
    dump(fd, (int[]){RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE, RTM_GETNEIGH, RTM_GETRULE}[type]);
  for (ssize_t length; (length = recv(fd, bytes, sizeof bytes, 0)) > 0;) tell_netlink(bytes, length);
  perror("what the kernel says of itself");
  exit(1);
  return unused;
}

/* --- What it is asked --- */

struct flow {
  struct flow *next;
  char name[NAME], kind[8];
  char destination[INET6_ADDRSTRLEN];
  int fd, port, size;
};

/* Newest first. Sockets stay open: a closed one would refuse the answer. */
static struct flow *flows;

static const char *error_of(int result) { return result < 0 ? strerrorname_np(errno) : NULL; }

/* getsockname; a raw socket has no port. */
static json_t *local_end(const struct flow *flow, const char *error) {
  union address own = {0};
  socklen_t length = sizeof own;
  char text[INET6_ADDRSTRLEN];
  if (flow->fd < 0 || getsockname(flow->fd, &own.any, &length)) return json_pack("{s:s?}", "error", error);
  int is_ipv6 = own.any.sa_family == AF_INET6;
  inet_ntop(own.any.sa_family, is_ipv6 ? (void *)&own.ipv6.sin6_addr : (void *)&own.ipv4.sin_addr, text, sizeof text);
  int port = strcmp(flow->kind, "ping") ? ntohs(own.ipv4.sin_port) : 0;
  return json_pack("{s:s,s:o,s:s?}", "socketAddress", text, "socketPort", port ? json_integer(port) : json_null(),
    "error", error);
}

static uint16_t checksum(const unsigned char *bytes, size_t length) {
  uint32_t sum = 0;
  for (size_t i = 0; i < length; i++) sum += bytes[i] << (i % 2 ? 0 : 8);
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return htons(~sum);
}

/* Filled up with zeros; an echo request is written whole but for the ICMPv6 checksum, which the kernel adds. */
static int send_over(const struct flow *flow, const char *data) {
  static unsigned char bytes[MOST_BYTES];
  size_t length = strlen(data) > (size_t)flow->size ? strlen(data) : (size_t)flow->size;
  size_t header = strcmp(flow->kind, "ping") ? 0 : sizeof(struct icmp6_hdr);
  if (header + length > sizeof bytes) return errno = EMSGSIZE, -1;
  memset(bytes, 0, header + length);
  memcpy(bytes + header, data, strlen(data));
  if (header) {
    int is_ipv6 = strchr(flow->destination, ':') != NULL;
    struct icmphdr *echo = (void *)bytes;
    echo->type = is_ipv6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
    echo->un.echo.id = htons(flow->port);
    echo->un.echo.sequence = htons(1);
    if (!is_ipv6) echo->checksum = checksum(bytes, header + length);
  }
  return send(flow->fd, bytes, header + length, MSG_NOSIGNAL);
}

static int socket_for(const struct flow *flow) {
  int is_ipv6 = strchr(flow->destination, ':') != NULL, family = is_ipv6 ? AF_INET6 : AF_INET;
  if (!strcmp(flow->kind, "udp")) return socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (!strcmp(flow->kind, "tcp")) return socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  return socket(family, SOCK_RAW | SOCK_CLOEXEC, is_ipv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
}

/* The kernel takes whose it is from the file system id of the thread. */
static int open_socket(const struct flow *flow, uid_t user) {
  if (!user) return socket_for(flow);
  setfsuid(user);
  int fd = socket_for(flow);
  setfsuid(0);
  return fd;
}

/* Connected, refused, or neither by the deadline: then nothing is said. */
static int connect_within(int fd, const union address *to, int within) {
  if (!connect(fd, &to->any, length_of(to))) return 0;
  if (errno != EINPROGRESS) return -1;
  struct pollfd end = {.fd = fd, .events = POLLOUT};
  int error = 0;
  socklen_t size = sizeof error;
  if (poll(&end, 1, within) <= 0) return 0;
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  return error ? errno = error, -1 : 0;
}

static int open_flow(struct flow *flow, const struct question *asked) {
  int is_ipv6 = strchr(flow->destination, ':') != NULL;
  union address to = address_from(flow->destination, strcmp(flow->kind, "ping") ? flow->port : 0);
  uint32_t mark = asked->mark;
  if ((flow->fd = open_socket(flow, asked->user)) < 0) return -1;
  if (mark && setsockopt(flow->fd, SOL_SOCKET, SO_MARK, &mark, sizeof mark)) return -1;
  if (asked->link && setsockopt(flow->fd, SOL_SOCKET, SO_BINDTODEVICE, asked->link, strlen(asked->link) + 1)) return -1;
  if (asked->hop_limit && setsockopt(flow->fd, is_ipv6 ? IPPROTO_IPV6 : IPPROTO_IP,
                            is_ipv6 ? IPV6_UNICAST_HOPS : IP_TTL, &asked->hop_limit, sizeof asked->hop_limit))
    return -1;
  if (asked->address) {
    union address own = address_from(asked->address, 0);
    if (bind(flow->fd, &own.any, length_of(&own))) return -1;
  }
  if (!strcmp(flow->kind, "tcp")) return connect_within(flow->fd, &to, asked->within);
  return connect(flow->fd, &to.any, length_of(&to));
}

static void ask(json_int_t id, json_t *fields) {
  struct question asked = question_of(fields);
  struct flow *flow = calloc(1, sizeof *flow);
  snprintf(flow->name, sizeof flow->name, "%s", asked.flow);
  snprintf(flow->kind, sizeof flow->kind, "%s", asked.kind);
  snprintf(flow->destination, sizeof flow->destination, "%s", asked.destination);
  flow->port = asked.port;
  flow->size = asked.size;
  flow->next = flows;
  flows = flow;
  const char *error = error_of(open_flow(flow, &asked));
  json_t *said = local_end(flow, error);
  /* A connection that nobody answered has nothing to send, and its own silence says so. */
  const char *unsent = error || !asked.data ? NULL : error_of(send_over(flow, asked.data));
  if (unsent && strcmp(asked.kind, "tcp")) json_object_set_new(said, "error", json_string(unsent));
  answer(id, said);
}

static void ask_again(json_int_t id, json_t *fields) {
  const char *name, *data;
  json_unpack(fields, "{s:s,s:s}", "flow", &name, "data", &data);
  struct flow *flow = flows;
  while (flow && strcmp(flow->name, name)) flow = flow->next;
  if (!flow) {
    answer(id, json_pack("{s:s}", "error", "no open flow"));
    return;
  }
  json_t *said = local_end(flow, error_of(send_over(flow, data)));
  json_object_set_new(said, "destination", json_string(flow->destination));
  answer(id, said);
}

/* Sockets that send back what comes in, behind standard input; those that accept are told apart. */
static struct pollfd ends[1 + MOST_LISTENERS] = {{.fd = STDIN_FILENO, .events = POLLIN}};
static enum { ORDERS, DATAGRAMS, STREAM, CONNECTIONS } uses[1 + MOST_LISTENERS];
static int end_count = 1;

static int listen_on(const char *protocol, int port) {
  int is_udp = !strcmp(protocol, "udp"), yes = 1;
  struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
  int fd = socket(AF_INET6, (is_udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
  if (fd < 0 || end_count > MOST_LISTENERS) return -1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(fd, (struct sockaddr *)&any, sizeof any) || (!is_udp && listen(fd, 8))) return -1;
  uses[end_count] = is_udp ? DATAGRAMS : CONNECTIONS;
  ends[end_count++] = (struct pollfd){.fd = fd, .events = POLLIN};
  return 0;
}

static void serve(int index) {
  static char bytes[MOST_BYTES];
  int fd = ends[index].fd;
  if (uses[index] == CONNECTIONS) {
    int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
    if (peer < 0 || end_count > MOST_LISTENERS) return;
    uses[end_count] = STREAM;
    ends[end_count++] = (struct pollfd){.fd = peer, .events = POLLIN};
    return;
  }
  struct sockaddr_storage from;
  socklen_t size = sizeof from;
  ssize_t length = recvfrom(fd, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &size);
  if (length > 0 && uses[index] == DATAGRAMS) sendto(fd, bytes, length, 0, (struct sockaddr *)&from, size);
  else if (length > 0) send(fd, bytes, length, MSG_NOSIGNAL);
  else if (uses[index] == STREAM) ends[index].fd = -1;
}

/* --- Programs --- */

struct output {
  int fd;
  size_t length;
  char bytes[MOST_OUTPUT];
};

/* What there is beyond the room is read and forgotten. False at its end. */
static int gather(struct output *output) {
  static char beyond[4096];
  size_t room = sizeof output->bytes - output->length;
  ssize_t count = room ? read(output->fd, output->bytes + output->length, room) : read(output->fd, beyond, sizeof beyond);
  if (count > 0 && room) output->length += count;
  return count > 0;
}

/* JSON is UTF-8; of other bytes nobody knows what they mean. */
static json_t *text_of(struct output *output) {
  json_t *text = json_stringn(output->bytes, output->length);
  if (text) return text;
  for (size_t i = 0; i < output->length; i++)
    if (output->bytes[i] & 0x80) output->bytes[i] = '?';
  return json_stringn(output->bytes, output->length);
}

/* A file of that text, to be read from its start. */
static int file_of(const char *text) {
  int fd = memfd_create("input", MFD_CLOEXEC);
  for (size_t length = strlen(text); length;) {
    ssize_t count = write(fd, text, length);
    if (count < 0) exit(1);
    text += count;
    length -= count;
  }
  lseek(fd, 0, SEEK_SET);
  return fd;
}

static void run(json_int_t id, json_t *command, const char *input) {
  static struct output outputs[2];
  int given = input ? file_of(input) : -1;
  size_t count = json_array_size(command);
  char **words = calloc(count + 1, sizeof *words);
  int pipes[2][2], status = 0;
  for (size_t i = 0; i < count; i++) words[i] = (char *)json_string_value(json_array_get(command, i));
  for (int i = 0; i < 2; i++) {
    if (pipe2(pipes[i], O_CLOEXEC)) exit(1);
    outputs[i].fd = pipes[i][0];
    outputs[i].length = 0;
  }
  pid_t pid = fork();
  if (!pid) {
    if (given < 0) close(STDIN_FILENO);
    else dup2(given, STDIN_FILENO);
    dup2(pipes[0][1], STDOUT_FILENO);
    dup2(pipes[1][1], STDERR_FILENO);
    execvp(words[0], words);
    _exit(127);
  }
  if (given >= 0) close(given);
  for (int i = 0; i < 2; i++) close(pipes[i][1]);
  for (int open = 3; open;) {
    struct pollfd two[2];
    for (int i = 0; i < 2; i++) two[i] = (struct pollfd){.fd = open & 1 << i ? outputs[i].fd : -1, .events = POLLIN};
    poll(two, 2, -1);
    for (int i = 0; i < 2; i++)
      if (two[i].revents && !gather(&outputs[i])) open &= ~(1 << i);
  }
  waitpid(pid, &status, 0);
  for (int i = 0; i < 2; i++) close(outputs[i].fd);
  free(words);
  answer(id, json_pack("{s:i,s:o,s:o}", "code", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
    "output", text_of(&outputs[0]), "errors", text_of(&outputs[1])));
}

/* --- Single questions to the kernel --- */

static void ask_kernel(json_int_t id, const char *request) {
  unsigned char bytes[MOST_NETLINK];
  size_t length = 0;
  while (length < sizeof bytes && sscanf(request + 2 * length, "%2hhx", bytes + length) == 1) length++;
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  send(fd, bytes, length, 0);
  /* It has answered when the sending returns. */
  ssize_t said = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
  answer(id, json_pack("{s:o?,s:s?}", "said", said < 0 ? NULL : hexadecimal(bytes, said), "error", error_of(said)));
  close(fd);
}

/* --- Links --- */

/* A socket of the network namespace where the far ends of the links are; none: carrier is no affair of this program. */
static int far_ends = -1;

/* Whether there is carrier the near end tells by rtnetlink. */
static const char *give_carrier(const char *link, int carrier) {
  struct ifreq request = {0};
  snprintf(request.ifr_name, sizeof request.ifr_name, "port%u", if_nametoindex(link));
  if (ioctl(far_ends, SIOCGIFFLAGS, &request)) return strerrorname_np(errno);
  if (carrier) request.ifr_flags |= IFF_UP;
  else request.ifr_flags &= ~IFF_UP;
  return error_of(ioctl(far_ends, SIOCSIFFLAGS, &request));
}

static int socket_in(const char *network) {
  int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), other = open(network, O_RDONLY | O_CLOEXEC);
  if (setns(other, CLONE_NEWNET)) return -1;
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  return setns(own, CLONE_NEWNET) ? -1 : fd;
}

static void carry_out(json_int_t id, const char *order, json_t *fields) {
  const char *protocol, *link, *request, *input = NULL;
  int port, carrier;
  if (!strcmp(order, "ask")) ask(id, fields);
  else if (!strcmp(order, "again")) ask_again(id, fields);
  else if (!strcmp(order, "listen") && !json_unpack(fields, "{s:s,s:i}", "protocol", &protocol, "port", &port))
    answer(id, json_pack("{s:s?}", "error", error_of(listen_on(protocol, port))));
  else if (!strcmp(order, "run") && !json_unpack(fields, "{s?s}", "input", &input))
    run(id, json_object_get(fields, "command"), input);
  else if (!strcmp(order, "netlink") && !json_unpack(fields, "{s:s}", "request", &request)) ask_kernel(id, request);
  else if (!strcmp(order, "link") && !json_unpack(fields, "{s:s,s:b}", "link", &link, "carrier", &carrier))
    answer(id, json_pack("{s:s?}", "error", far_ends < 0 ? NULL : give_carrier(link, carrier)));
  else answer(id, json_pack("{s:s}", "error", "ENOSYS"));
}

int main(int count, char **words) {
  struct utsname name;
  pthread_t watcher;
  /* A line is written at once. */
  setvbuf(stdout, NULL, _IOFBF, 1 << 17);
  uname(&name);
  if (count > 1 && (far_ends = socket_in(words[1])) < 0) {
    perror(words[1]);
    return 1;
  }
  tell(json_pack("{s:s}", "ready", name.release));
  if (far_ends < 0) tell_tables();
  else pthread_create(&watcher, NULL, watch, NULL);
  for (int more = 1; more;) {
    poll(ends, end_count, -1);
    for (int i = 1; i < end_count; i++)
      if (ends[i].revents) serve(i);
    if (ends[0].revents) more = read_orders(carry_out);
  }
  return 0;
}
