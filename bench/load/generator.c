/*
 * Load for the benches, on Linux, so that the clients use less of the machine than the server.
 *
 *   generator short PORT COUNT CONCURRENCY [proxy]   connect, read the greeting, QUIT, read to the end; prints JSON
 *   generator hold PORT                              reads how many connections to hold, one number per line; prints JSON
 *                                                    when that many have been greeted; ends with its input
 *
 * With `proxy`, each connection begins with a PROXY header, version 2. generator.ts does the same where there is no compiler.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 256, CONNECTING_AT_ONCE = 200, DESCRIPTORS = 1 << 20, TIME_LIMIT_SECONDS = 300 };
enum state { UNUSED, PROXY, GREETING, QUITTING, HELD };

static struct sockaddr_in server;
static int epoll_descriptor;
static unsigned char state_of[DESCRIPTORS];
static long failed, held;

static void give_up(const char *what) {
  perror(what);
  exit(2);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static void open_connection(enum state first) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0 || fd >= DESCRIPTORS) give_up("socket");
  if (connect(fd, (struct sockaddr *)&server, sizeof server) < 0 && errno != EINPROGRESS) give_up("connect");
  state_of[fd] = first;
  struct epoll_event interest = {.events = first == PROXY ? EPOLLOUT : EPOLLIN, .data.fd = fd};
  if (epoll_ctl(epoll_descriptor, EPOLL_CTL_ADD, fd, &interest) < 0) give_up("epoll_ctl");
}

static void close_connection(int fd) {
  state_of[fd] = UNUSED;
  close(fd);
}

/* A reset instead of TIME_WAIT: thousands of those would use up the ports. */
static void abort_connection(int fd) {
  struct linger none = {.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  close_connection(fd);
}

/* TCP over IPv4 from 192.0.2.1:40000 (section 2.2 of the PROXY protocol's text). */
static void send_proxy_header(int fd) {
  static const unsigned char header[28] = {0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a, 0x21, 0x11,
                                           0,    12,   192,  0,    2,    1,    127,  0,    0,    1,    0x9c, 0x40, 0,    25};
  if (write(fd, header, sizeof header) != sizeof header) give_up("write");
  state_of[fd] = GREETING;
  struct epoll_event interest = {.events = EPOLLIN, .data.fd = fd};
  if (epoll_ctl(epoll_descriptor, EPOLL_CTL_MOD, fd, &interest) < 0) give_up("epoll_ctl");
}

/* Returns 1 when the dialogue is over. */
static int go_on(int fd) {
  char buffer[4096];
  if (state_of[fd] == PROXY) {
    send_proxy_header(fd);
    return 0;
  }
  ssize_t length = read(fd, buffer, sizeof buffer);
  if (length < 0 && errno == EAGAIN) return 0;
  if (length <= 0) {
    if (length < 0 || state_of[fd] != QUITTING) failed++;
    close_connection(fd);
    return 1;
  }
  if (state_of[fd] == GREETING && memchr(buffer, '\n', length)) {
    if (buffer[0] != '2') failed++;
    if (write(fd, "QUIT\r\n", 6) != 6) failed++;
    state_of[fd] = QUITTING;
  }
  return 0;
}

static void short_dialogues(long count, long concurrency, enum state first) {
  struct epoll_event events[EVENTS];
  long opened = 0, done = 0;
  double started = now();
  for (; opened < concurrency && opened < count; opened++) open_connection(first);
  while (done < count) {
    /* Never asleep: on one machine the server would pay for each time that its octets wake the client. */
    int ready = epoll_wait(epoll_descriptor, events, EVENTS, 0);
    for (int i = 0; i < ready; i++) {
      if (!go_on(events[i].data.fd)) continue;
      done++;
      if (opened < count) {
        open_connection(first);
        opened++;
      }
    }
  }
  printf("{\"done\":%ld,\"failed\":%ld,\"seconds\":%.6f}\n", done, failed, now() - started);
}

/* A held connection has something to read: its greeting, or its end. */
static void take_greeting(int fd) {
  char buffer[4096];
  ssize_t length = read(fd, buffer, sizeof buffer);
  if (length < 0 && errno == EAGAIN) return;
  if (length <= 0) {
    if (state_of[fd] == HELD) held--;
    failed++;
    close_connection(fd);
  } else if (state_of[fd] == GREETING && memchr(buffer, '\n', length)) {
    state_of[fd] = HELD;
    held++;
  }
}

static void hold(void) {
  struct epoll_event events[EVENTS];
  long opened = 0, wanted = 0, told = 0;
  struct epoll_event interest = {.events = EPOLLIN, .data.fd = STDIN_FILENO};
  if (epoll_ctl(epoll_descriptor, EPOLL_CTL_ADD, STDIN_FILENO, &interest) < 0) give_up("epoll_ctl");
  for (;;) {
    int ready = epoll_wait(epoll_descriptor, events, EVENTS, -1);
    for (int i = 0; i < ready; i++) {
      if (events[i].data.fd != STDIN_FILENO) {
        take_greeting(events[i].data.fd);
        continue;
      }
      char line[64];
      ssize_t length = read(STDIN_FILENO, line, sizeof line - 1);
      if (length <= 0) return;
      line[length] = 0;
      wanted = atol(line);
    }
    for (; opened < wanted && opened - held - failed < CONNECTING_AT_ONCE; opened++) open_connection(GREETING);
    if (told == wanted || held + failed < wanted) continue;
    told = wanted;
    printf("{\"done\":%ld,\"failed\":%ld}\n", held, failed);
    fflush(stdout);
  }
}

int main(int count, char **arguments) {
  if (count < 3) return 2;
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  alarm(TIME_LIMIT_SECONDS);
  server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(atoi(arguments[2])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  epoll_descriptor = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_descriptor < 0) give_up("epoll_create1");
  if (strcmp(arguments[1], "short") == 0 && count >= 5) {
    short_dialogues(atol(arguments[3]), atol(arguments[4]), count > 5 ? PROXY : GREETING);
  } else if (strcmp(arguments[1], "hold") == 0) {
    hold();
    for (int fd = 3; fd < DESCRIPTORS; fd++)
      if (state_of[fd] != UNUSED) abort_connection(fd);
  } else {
    return 2;
  }
  return 0;
}
