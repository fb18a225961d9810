/* Lines of JSON between miflab and a program that is a host's IP stack: src/experiment/foreign-messages.ts. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Long enough for any order: miflab's longest has the command of a client in it. */
static char orders[1 << 16];
static size_t unread;

/* Of one thread at a time. */
static void tell(json_t *message) {
  flockfile(stdout);
  json_dumpf(message, stdout, JSON_COMPACT);
  putchar('\n');
  fflush(stdout);
  funlockfile(stdout);
  json_decref(message);
}

/* Takes the answer; its fields that are null are left out. */
static void answer(json_int_t id, json_t *said) {
  const char *key;
  json_t *value;
  void *next;
  json_object_foreach_safe(said, next, key, value) {
    if (json_is_null(value)) json_object_del(said, key);
  }
  tell(json_pack("{s:I,s:o}", "id", id, "answer", said));
}

/* An order `ask`; what it names none of is null, or 0. */
struct question {
  const char *kind, *flow, *destination, *data, *link, *address;
  int port, size, within, hop_limit;
  json_int_t mark, user;
};

static struct question question_of(json_t *fields) {
  struct question asked = {0};
  json_unpack(fields, "{s:s,s:s,s:s,s:i,s?s,s:i,s:i,s?s,s?s,s?i,s?I,s?I}", "kind", &asked.kind, "flow", &asked.flow,
    "destination", &asked.destination, "port", &asked.port, "data", &asked.data, "size", &asked.size, "withinMs",
    &asked.within, "bindLink", &asked.link, "bindAddress", &asked.address, "hopLimit", &asked.hop_limit,
    "mark", &asked.mark, "user", &asked.user);
  return asked;
}

/* An order, or the path of a file that holds it. */
static json_t *order_in(char *line, size_t length) {
  if (*line != '/') return json_loadb(line, length, 0, NULL);
  line[length] = 0;
  return json_load_file(line, 0, NULL);
}

/* Reads what there is on standard input and carries out each whole line. False at its end. */
static int read_orders(void (*carry_out)(json_int_t id, const char *order, json_t *fields)) {
  ssize_t count = read(STDIN_FILENO, orders + unread, sizeof orders - unread);
  if (count <= 0) return 0;
  unread += count;
  for (char *end; (end = memchr(orders, '\n', unread));) {
    json_t *fields = order_in(orders, end - orders);
    json_int_t id;
    const char *order;
    if (!json_unpack(fields, "{s:I,s:s}", "id", &id, "order", &order)) carry_out(id, order, fields);
    json_decref(fields);
    unread -= end + 1 - orders;
    memmove(orders, end + 1, unread);
  }
  return unread < sizeof orders;
}
