/*
 * Links of a network namespace as descriptors of a program that takes whole Ethernet frames, one in each datagram, as
 * emulators of machines do: the first link is descriptor 10, the next 11.
 *
 *   frames LINK... -- COMMAND...
 *
 * The frames pass through packet sockets, for which nobody needs a right outside of the namespace (/dev/net/tun may be
 * root's). This process becomes the command; a child of it passes the frames on and ends with it.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_LINKS = 32, FIRST_DESCRIPTOR = 10, MOST_BYTES = 1 << 16, TAG = 4 };

static void fail(const char *what, const char *of) {
  fprintf(stderr, "frames: %s: %s: %s\n", of, what, strerror(errno));
  exit(1);
}

/* The same beyond those that the command gets. */
static int out_of_the_way(int fd) {
  int other = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_DESCRIPTOR + MOST_LINKS);
  close(fd);
  return other;
}

/* Hears and sends on a link, which is up from then on. */
static int packet_socket(const char *link) {
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
  struct ifreq request = {0};
  int yes = 1, fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  snprintf(request.ifr_name, sizeof request.ifr_name, "%s", link);
  address.sll_ifindex = if_nametoindex(link);
  if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof yes) ||
      setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &yes, sizeof yes) ||
      bind(fd, (struct sockaddr *)&address, sizeof address))
    fail("no packet socket", link);
  if (ioctl(fd, SIOCGIFFLAGS, &request)) fail("no flags", link);
  request.ifr_flags |= IFF_UP;
  if (ioctl(fd, SIOCSIFFLAGS, &request)) fail("not up", link);
  return out_of_the_way(fd);
}

/* The kernel takes a VLAN tag out of a frame and says it beside. */
static ssize_t receive_frame(int fd, unsigned char *frame, size_t room) {
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
  } beside;
  struct iovec part = {frame, room - TAG};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &beside, .msg_controllen = sizeof beside};
  ssize_t length = recvmsg(fd, &message, 0);
  struct cmsghdr *first = length > 2 * ETH_ALEN ? CMSG_FIRSTHDR(&message) : NULL;
  if (!first || first->cmsg_level != SOL_PACKET || first->cmsg_type != PACKET_AUXDATA) return length;
  struct tpacket_auxdata said;
  memcpy(&said, CMSG_DATA(first), sizeof said);
  if (!(said.tp_status & TP_STATUS_VLAN_VALID)) return length;
  uint16_t tag[2] = {htons(said.tp_status & TP_STATUS_VLAN_TPID_VALID ? said.tp_vlan_tpid : ETH_P_8021Q),
    htons(said.tp_vlan_tci)};
  memmove(frame + 2 * ETH_ALEN + TAG, frame + 2 * ETH_ALEN, length - 2 * ETH_ALEN);
  memcpy(frame + 2 * ETH_ALEN, tag, TAG);
  return length + TAG;
}

/* What cannot be passed on is lost, as on any link. */
static void pass_on(int count, const int *links, const int *ends) {
  static unsigned char frame[MOST_BYTES];
  struct pollfd waiting[2 * MOST_LINKS];
  for (int i = 0; i < count; i++) {
    waiting[2 * i] = (struct pollfd){.fd = links[i], .events = POLLIN};
    waiting[2 * i + 1] = (struct pollfd){.fd = ends[i], .events = POLLIN};
  }
  for (;;) {
    if (poll(waiting, 2 * count, -1) < 0) exit(1);
    for (int i = 0; i < count; i++) {
      ssize_t length;
      if (waiting[2 * i].revents && (length = receive_frame(links[i], frame, sizeof frame)) > 0)
        send(ends[i], frame, length, MSG_NOSIGNAL);
      if (waiting[2 * i + 1].revents && (length = recv(ends[i], frame, sizeof frame, 0)) > 0)
        send(links[i], frame, length, MSG_NOSIGNAL);
    }
  }
}

int main(int count, char **words) {
  int links[MOST_LINKS], ends[MOST_LINKS], pair[2], number = 0;
  for (; number + 1 < count && strcmp(words[number + 1], "--"); number++) {
    if (number == MOST_LINKS) fail("one link too many", words[number + 1]);
    links[number] = packet_socket(words[number + 1]);
    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair)) fail("no pair of sockets", words[number + 1]);
    ends[number] = out_of_the_way(pair[0]);
    pair[1] = out_of_the_way(pair[1]);
    dup2(pair[1], FIRST_DESCRIPTOR + number);
  }
  pid_t program = getpid();
  if (!fork()) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != program) exit(1);
    for (int fd = 0; fd < 3; fd++) close(fd);
    for (int i = 0; i < number; i++) close(FIRST_DESCRIPTOR + i);
    pass_on(number, links, ends);
  }
  execvp(words[number + 2], words + number + 2);
  fail("cannot be started", words[number + 2]);
}
