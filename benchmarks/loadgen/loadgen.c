/*
 * Fan-out load generator: N WebSocket connections over loopback, cheap enough that a server in any language
 * saturates one core long before this program saturates another. Raw TCP and epoll; payloads are never decoded:
 * frame headers are hopped over and one marker byte is counted, which every update carries exactly once.
 * So several updates in one frame, or several frames in one segment, are counted correctly.
 *
 *   gcc -O3 -march=native -o loadgen loadgen.c
 *   loadgen --port P [--n 1000] [--path /] [--subprotocol NAME] [--concurrent 64] [--marker @]
 *           [--rcvbuf BYTES] [--mss BYTES] [--pause US] [--vars FILE] [--answer PREFIX REPLY]... [--text S | --wait S]...
 *
 *   --rcvbuf, --mss    the receive buffer, and the segment size a network would have: loopback's own is 64 KiB, and the
 *                      sender's kernel then keeps megabytes for a peer that reads nothing
 *   --pause US         while data flows, sleeps so long between reads instead of waiting for each: a receiver that
 *                      waits is woken by the write itself, and on loopback the server would be charged for that
 *   --vars FILE        one line a connection (taken in turn when there are fewer), fields separated by tabs
 *   --text S           step: sends S as a text message; {0} to {9} become the fields of the connection's line
 *   --wait S           step: waits for a message whose first 63 bytes contain S
 *   --answer P R       at any time: a message that starts with P is answered by R, where # in R becomes the
 *                      decimal digits that follow P (heartbeats: --answer 2 3, --answer '{"t":"ping","k":' '{"t":"pong","k":#}')
 *
 * The steps run in order on every connection. Once all connections have finished or failed it writes a line
 * {"ev":"ready","connections":N,"dead":N,"ms":F}. Commands on standard input, answers as JSON lines:
 *   snap   {"ev":"snap","timeUs":,"connections":,"dead":,"messages":,"markers":,"bytes":,"reads":,"cpuUs":}
 *   stop         no connection reads any more
 *   trickle R    each reads R bytes a second
 *   go           all read again
 *   quit   ends the program; so does the end of standard input
 * WebSocket pings are answered, a close frame ends the connection and counts as dead.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_STEPS = 32, MAX_ANSWERS = 8, MAX_FIELDS = 10, HEAD = 64, UPGRADE_BYTES = 2048, MAX_TEXT = 65536, MAX_EVENTS = 1024, IDLE_PAUSES = 50 };

typedef struct { char kind; const char *text; } Step; /* kind: T text, W wait */
typedef struct { const char *prefix, *reply; size_t prefix_length; } Answer;
typedef struct { const char *field[MAX_FIELDS]; } Vars;

enum { CONNECTING, UPGRADING, STEPPING, READY, DEAD };

/* Kept small: at thousands of connections the generator, too, pays for cache misses. */
typedef struct {
  int fd;
  uint8_t phase, step, opcode, header_length, head_length;
  uint8_t header[14];
  uint64_t remaining; /* payload bytes of the present frame still to come */
  char head[HEAD];    /* the first bytes of the present message, for steps and answers */
  char *upgrade;      /* the HTTP response while it is read */
  int upgrade_length;
} Connection;

static Step steps[MAX_STEPS];
static Answer answers[MAX_ANSWERS];
static int step_count = 0, answer_count = 0, vars_count = 0;
static Vars *vars = NULL;
static Connection *connections;
static int wanted = 1000, port = 0, concurrent = 64, pause_us = 0, poller;
static int receive_buffer = 0, segment = 0;
static int trickle = -1; /* bytes a second each connection reads while it is not told by epoll; -1: told */
enum { TRICKLE_MS = 100 };
static const char *path = "/", *subprotocol = NULL;
static uint8_t marker = '@';
static int started = 0, in_flight = 0, ready = 0, dead = 0, announced = 0;
static uint64_t messages = 0, markers = 0, bytes = 0, reads = 0, started_us;

static uint64_t now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000ull + (uint64_t)t.tv_nsec / 1000;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void launch(void);

static void announce(void) {
  if (announced || ready + dead < wanted) return;
  announced = 1;
  printf("{\"ev\":\"ready\",\"connections\":%d,\"dead\":%d,\"ms\":%.1f}\n", ready, dead, (double)(now_us() - started_us) / 1000.0);
  fflush(stdout);
}

static void end_connection(Connection *c) {
  if (c->phase == DEAD) return;
  if (c->phase == READY) ready--; else in_flight--;
  c->phase = DEAD;
  dead++;
  free(c->upgrade);
  c->upgrade = NULL;
  close(c->fd);
  launch();
  announce();
}

/* The mask is zero: RFC 6455 wants a client frame masked, and a zero mask leaves the payload as it is. */
static void send_frame(Connection *c, int opcode, const char *payload, size_t length) {
  static uint8_t frame[MAX_TEXT + 8];
  size_t n = 0;
  frame[n++] = (uint8_t)(0x80 | opcode);
  if (length < 126) frame[n++] = (uint8_t)(0x80 | length);
  else { frame[n++] = 0x80 | 126; frame[n++] = (uint8_t)(length >> 8); frame[n++] = (uint8_t)(length & 255); }
  memset(frame + n, 0, 4);
  n += 4;
  memcpy(frame + n, payload, length);
  if (send(c->fd, frame, n + length, MSG_NOSIGNAL) != (ssize_t)(n + length)) end_connection(c);
}

static void send_text(Connection *c, const char *template) {
  static char text[MAX_TEXT];
  const Vars *line = vars_count ? &vars[(c - connections) % vars_count] : NULL;
  size_t n = 0;
  for (const char *s = template; *s; s++) {
    if (line && s[0] == '{' && s[1] >= '0' && s[1] <= '9' && s[2] == '}' && line->field[s[1] - '0']) {
      const char *field = line->field[s[1] - '0'];
      size_t length = strlen(field);
      if (n + length >= MAX_TEXT) { fprintf(stderr, "a text step is longer than %d bytes\n", MAX_TEXT); exit(2); }
      memcpy(text + n, field, length);
      n += length;
      s += 2;
    } else if (n < MAX_TEXT - 1) text[n++] = *s;
  }
  if (n > 65535) { fprintf(stderr, "a text step is longer than 65535 bytes\n"); exit(2); }
  send_frame(c, 1, text, n);
}

static void run_steps(Connection *c) {
  while (c->phase == STEPPING && c->step < step_count && steps[c->step].kind == 'T') send_text(c, steps[c->step++].text);
  if (c->phase != STEPPING || c->step < step_count) return;
  c->phase = READY;
  in_flight--;
  ready++;
  launch();
  announce();
}

static void launch(void) {
  while (started < wanted && in_flight < concurrent) {
    Connection *c = &connections[started];
    memset(c, 0, sizeof *c);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (c->fd < 0) fail("socket");
    int on = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (receive_buffer) setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    if (segment) setsockopt(c->fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    started++;
    in_flight++;
    if (connect(c->fd, (void *)&to, sizeof to) < 0 && errno != EINPROGRESS) fail("connect");
    struct epoll_event e = { .events = EPOLLIN | EPOLLOUT, .data.ptr = c };
    epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &e);
  }
}

static void send_upgrade(Connection *c) {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error) { fprintf(stderr, "connect: %s\n", strerror(error)); end_connection(c); return; }
  struct epoll_event e = { .events = EPOLLIN, .data.ptr = c };
  epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &e);
  char request[2048];
  int n = snprintf(request, sizeof request,
    "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s%s%s\r\n",
    path, port, subprotocol ? "Sec-WebSocket-Protocol: " : "", subprotocol ? subprotocol : "", subprotocol ? "\r\n" : "");
  c->phase = UPGRADING;
  c->upgrade = malloc(UPGRADE_BYTES + 1);
  if (send(c->fd, request, (size_t)n, MSG_NOSIGNAL) != n) end_connection(c);
}

/* Sums in bytes and blocks of 255, so that the compiler vectorises it and no sum overflows. */
static inline uint64_t count_markers(const uint8_t *p, size_t n) {
  uint64_t total = 0;
  for (size_t i = 0; i < n;) {
    size_t block = n - i > 255 ? 255 : n - i;
    uint8_t sum = 0;
    for (size_t j = 0; j < block; j++) sum += p[i + j] == marker;
    total += sum;
    i += block;
  }
  return total;
}

static void answer(Connection *c) {
  for (int i = 0; i < answer_count; i++) {
    const Answer *a = &answers[i];
    if (c->head_length < a->prefix_length || memcmp(c->head, a->prefix, a->prefix_length)) continue;
    const char *digits = c->head + a->prefix_length, *end = digits;
    while (end < c->head + c->head_length && *end >= '0' && *end <= '9') end++;
    char reply[256];
    size_t n = 0;
    for (const char *s = a->reply; *s && n < sizeof reply - HEAD; s++) {
      if (*s == '#') { memcpy(reply + n, digits, (size_t)(end - digits)); n += (size_t)(end - digits); }
      else reply[n++] = *s;
    }
    send_frame(c, 1, reply, n);
    return;
  }
}

static void end_frame(Connection *c, int final) {
  if (c->opcode == 9) send_frame(c, 10, c->head, c->head_length);
  else if (c->opcode == 8) end_connection(c);
  else if (c->opcode < 3 && final) {
    messages++;
    if (c->phase == STEPPING && memmem(c->head, c->head_length, steps[c->step].text, strlen(steps[c->step].text))) {
      c->step++;
      run_steps(c);
    } else answer(c);
  }
}

static void scan(Connection *c, const uint8_t *p, size_t n) {
  size_t i = 0;
  while (i < n && c->phase != DEAD) {
    if (c->remaining) {
      size_t k = n - i < c->remaining ? n - i : c->remaining;
      if (c->head_length < HEAD - 1) {
        size_t room = HEAD - 1 - c->head_length, take = k < room ? k : room;
        memcpy(c->head + c->head_length, p + i, take);
        c->head_length = (uint8_t)(c->head_length + take);
      }
      markers += count_markers(p + i, k);
      c->remaining -= k;
      i += k;
      if (!c->remaining) end_frame(c, c->header[0] & 0x80);
      continue;
    }
    const uint8_t *h;
    size_t available;
    if (c->header_length == 0 && n - i >= 10) { h = p + i; available = n - i; }
    else { c->header[c->header_length++] = p[i++]; h = c->header; available = c->header_length; }
    if (available < 2) continue;
    int l = h[1] & 127;
    size_t need = l < 126 ? 2 : l == 126 ? 4 : 10;
    if (available < need) continue;
    c->opcode = h[0] & 15;
    c->remaining = l < 126 ? (uint64_t)l : l == 126 ? (uint64_t)h[2] << 8 | h[3] : 0;
    if (l == 127) for (int k = 0; k < 8; k++) c->remaining = c->remaining << 8 | h[2 + k];
    if (h != c->header) { i += need; c->header[0] = h[0]; }
    c->header_length = 0;
    c->head_length = 0;
    if (!c->remaining) end_frame(c, h[0] & 0x80);
  }
}

static void read_some(Connection *c, size_t most) {
  static uint8_t buffer[1 << 18];
  ssize_t n = recv(c->fd, buffer, most < sizeof buffer ? most : sizeof buffer, 0);
  reads++;
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) { end_connection(c); return; }
  bytes += (uint64_t)n;
  if (c->phase != UPGRADING) { scan(c, buffer, (size_t)n); return; }
  int room = UPGRADE_BYTES - c->upgrade_length, take = n < room ? (int)n : room;
  memcpy(c->upgrade + c->upgrade_length, buffer, (size_t)take);
  char *end = memmem(c->upgrade, (size_t)(c->upgrade_length + take), "\r\n\r\n", 4);
  if (!end && take == room) { fprintf(stderr, "the response to the upgrade is too long\n"); end_connection(c); return; }
  size_t before = (size_t)c->upgrade_length;
  c->upgrade_length += take;
  if (!end) return;
  size_t used = (size_t)(end - c->upgrade) + 4 - before; /* of this read */
  c->upgrade[c->upgrade_length] = 0;
  if (c->upgrade_length < 12 || memcmp(c->upgrade + 8, " 101", 4)) { fprintf(stderr, "upgrade refused: %.60s\n", c->upgrade); end_connection(c); return; }
  free(c->upgrade);
  c->upgrade = NULL;
  c->phase = STEPPING;
  run_steps(c);
  if (c->phase != DEAD) scan(c, buffer + used, (size_t)n - used);
}

static void on_readable(Connection *c) {
  read_some(c, SIZE_MAX);
}

/* Takes all connections out of epoll, or puts them back. */
static void watch(int on) {
  for (int i = 0; i < started; i++) {
    struct epoll_event e = { .events = EPOLLIN, .data.ptr = &connections[i] };
    if (connections[i].phase != DEAD) epoll_ctl(poller, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, connections[i].fd, &e);
  }
}

static void set_trickle(int rate) {
  if ((rate < 0) != (trickle < 0)) watch(rate < 0);
  trickle = rate;
  printf("{\"ev\":\"reads\",\"rate\":%d}\n", rate);
  fflush(stdout);
}

static void read_trickle(void) {
  static uint64_t due_us = 0;
  uint64_t now = now_us();
  if (trickle <= 0 || now < due_us) return;
  due_us = now + TRICKLE_MS * 1000ull;
  for (int i = 0; i < started; i++)
    if (connections[i].phase == READY) read_some(&connections[i], (size_t)trickle * TRICKLE_MS / 1000);
}

static void load_vars(const char *file) {
  FILE *f = fopen(file, "r");
  if (!f) fail(file);
  char *line = NULL;
  size_t size = 0;
  ssize_t n;
  while ((n = getline(&line, &size, f)) > 0) {
    if (line[n - 1] == '\n') line[--n] = 0;
    vars = realloc(vars, sizeof *vars * (size_t)(vars_count + 1));
    memset(&vars[vars_count], 0, sizeof *vars);
    char *rest = strdup(line);
    for (int i = 0; i < MAX_FIELDS && rest; i++) vars[vars_count].field[i] = strsep(&rest, "\t");
    vars_count++;
  }
  free(line);
  fclose(f);
}

static void command(const char *line) {
  if (!strcmp(line, "quit")) exit(0);
  if (!strcmp(line, "stop")) { set_trickle(0); return; }
  if (!strcmp(line, "go")) { set_trickle(-1); return; }
  if (!strncmp(line, "trickle ", 8)) { set_trickle(atoi(line + 8)); return; }
  if (strcmp(line, "snap")) { printf("{\"ev\":\"unknown\"}\n"); fflush(stdout); return; }
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  printf("{\"ev\":\"snap\",\"timeUs\":%llu,\"connections\":%d,\"dead\":%d,\"messages\":%llu,\"markers\":%llu,\"bytes\":%llu,\"reads\":%llu,\"cpuUs\":%llu}\n",
    (unsigned long long)now_us(), ready, dead, (unsigned long long)messages, (unsigned long long)markers, (unsigned long long)bytes, (unsigned long long)reads,
    (unsigned long long)u.ru_utime.tv_sec * 1000000ull + (unsigned long long)u.ru_utime.tv_usec + (unsigned long long)u.ru_stime.tv_sec * 1000000ull + (unsigned long long)u.ru_stime.tv_usec);
  fflush(stdout);
}

static void on_input(void) {
  static char line[4096];
  static size_t length = 0;
  ssize_t n = read(0, line + length, sizeof line - 1 - length);
  if (n == 0) exit(0);
  if (n < 0) return;
  length += (size_t)n;
  line[length] = 0;
  char *s = line, *newline;
  while ((newline = strchr(s, '\n'))) { *newline = 0; command(s); s = newline + 1; }
  length = strlen(s);
  memmove(line, s, length + 1);
}

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
#define OPTION(name, operands) (!strcmp(argv[i], name) && i + (operands) < argc)
    if (OPTION("--n", 1)) wanted = atoi(argv[++i]);
    else if (OPTION("--port", 1)) port = atoi(argv[++i]);
    else if (OPTION("--path", 1)) path = argv[++i];
    else if (OPTION("--subprotocol", 1)) subprotocol = argv[++i];
    else if (OPTION("--concurrent", 1)) concurrent = atoi(argv[++i]);
    else if (OPTION("--rcvbuf", 1)) receive_buffer = atoi(argv[++i]);
    else if (OPTION("--mss", 1)) segment = atoi(argv[++i]);
    else if (OPTION("--pause", 1)) pause_us = atoi(argv[++i]);
    else if (OPTION("--marker", 1)) marker = (uint8_t)argv[++i][0];
    else if (OPTION("--vars", 1)) load_vars(argv[++i]);
    else if (OPTION("--text", 1) && step_count < MAX_STEPS) steps[step_count++] = (Step){ 'T', argv[++i] };
    else if (OPTION("--wait", 1) && step_count < MAX_STEPS) steps[step_count++] = (Step){ 'W', argv[++i] };
    else if (OPTION("--answer", 2) && answer_count < MAX_ANSWERS) {
      answers[answer_count++] = (Answer){ argv[i + 1], argv[i + 2], strlen(argv[i + 1]) };
      i += 2;
    } else { fprintf(stderr, "unknown, incomplete or one too many: %s\n", argv[i]); return 2; }
  }
  if (port <= 0 || wanted <= 0) { fprintf(stderr, "--port and a positive --n are needed\n"); return 2; }
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < (rlim_t)wanted + 32) { fprintf(stderr, "%d connections need more open files than the limit of %llu (ulimit -n)\n", wanted, (unsigned long long)limit.rlim_cur); return 2; }
  connections = calloc((size_t)wanted, sizeof *connections);
  poller = epoll_create1(0);
  started_us = now_us();
  launch();
  fcntl(0, F_SETFL, O_NONBLOCK);
  struct epoll_event input = { .events = EPOLLIN, .data.ptr = NULL };
  epoll_ctl(poller, EPOLL_CTL_ADD, 0, &input);
  static struct epoll_event events[MAX_EVENTS];
  for (int empty = IDLE_PAUSES;;) { /* pauses in a row that brought nothing */
    int flowing = pause_us && announced && empty < IDLE_PAUSES;
    int n = epoll_wait(poller, events, MAX_EVENTS, flowing ? 0 : trickle > 0 ? TRICKLE_MS / 2 : -1);
    read_trickle();
    empty = n > 0 ? 0 : empty + 1;
    for (int i = 0; i < n; i++) {
      Connection *c = events[i].data.ptr;
      if (!c) on_input();
      else if (c->phase == CONNECTING) send_upgrade(c);
      else if (c->phase != DEAD) on_readable(c);
    }
    if (pause_us && announced && n < MAX_EVENTS && empty < IDLE_PAUSES) usleep((useconds_t)pause_us);
  }
}
