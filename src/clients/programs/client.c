/* getaddrinfo and getnameinfo of the C library that this is linked with; tells one line of JSON. */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* Hidden from other objects and there for whoever links musl statically. */
extern const char __libc_version[];

static int refused(int error) {
  printf("{\"version\":\"%s\",\"error\":\"%s\"}\n", __libc_version, gai_strerror(error));
  return 2;
}

/* Without flags: AI_ADDRCONFIG would hide what the resolver does by itself. */
static int resolve(const char *name, const char *family) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list;
  if (!strcmp(family, "ipv4")) hints.ai_family = AF_INET;
  if (!strcmp(family, "ipv6")) hints.ai_family = AF_INET6;
  int error = getaddrinfo(name, "80", &hints, &list);
  if (error) return refused(error);
  printf("{\"version\":\"%s\",\"addresses\":[", __libc_version);
  for (struct addrinfo *one = list; one; one = one->ai_next) {
    char text[INET6_ADDRSTRLEN];
    getnameinfo(one->ai_addr, one->ai_addrlen, text, sizeof text, 0, 0, NI_NUMERICHOST);
    printf("%s\"%s\"", one == list ? "" : ",", text);
  }
  puts("]}");
  return 0;
}

static int reverse(const char *text) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST}, *address;
  char name[NI_MAXHOST];
  int error = getaddrinfo(text, 0, &hints, &address);
  if (!error)
    error = getnameinfo(address->ai_addr, address->ai_addrlen, name, sizeof name, 0, 0, NI_NAMEREQD);
  if (error) return refused(error);
  printf("{\"version\":\"%s\",\"names\":[\"%s\"]}\n", __libc_version, name);
  return 0;
}

int main(int count, char **words) {
  if (count == 4 && !strcmp(words[1], "resolve")) return resolve(words[2], words[3]);
  if (count == 3 && !strcmp(words[1], "reverse")) return reverse(words[2]);
  return 64;
}
