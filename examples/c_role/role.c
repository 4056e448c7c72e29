/* The roles of three cases in C: an example of a program that speaks the role protocol (docs/protocol.md).
 *
 *     make -C examples/c_role
 *     python -m conformance run net/half_open/ends_itself --subject program:examples/c_role/role
 *
 * It does what each role does by plain system calls, and writes the records that the events of a Node-compatible
 * implementation would give for what it sees happen. Whatever stands in a record was measured: ports by getsockname,
 * errors by the kernel's number, bytes by what recv returned. A role waits for one thing at a time, so each is a
 * function from top to bottom.
 *
 * To see that the harness looks: "role --skip LABEL" leaves out the events of that name, "role --send TEXT" sends that
 * text instead of what the case says.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PROTOCOL = 1, TRACE = 3, HUNG = 99, HEAD = 48 };

static const char *skipped = "";   /* --skip */
static const char *sent_instead;   /* --send */

/* ---- Digests: SHA-256, of which a trace shows 16 hexadecimal digits --------------------------------------------- */

typedef struct {
    uint32_t h[8];
    uint8_t block[64];
    uint64_t size;
} Sha;

static const uint32_t SHA_START[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
static const uint32_t SHA_ROUND[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t turned(uint32_t x, int by) { return x >> by | x << (32 - by); }

static void sha_block(Sha *sha)
{
    uint32_t w[64], v[8];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)sha->block[4 * i] << 24 | sha->block[4 * i + 1] << 16 | sha->block[4 * i + 2] << 8 |
               sha->block[4 * i + 3];
    for (int i = 16; i < 64; i++) {
        uint32_t a = turned(w[i - 15], 7) ^ turned(w[i - 15], 18) ^ w[i - 15] >> 3;
        uint32_t b = turned(w[i - 2], 17) ^ turned(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + a + w[i - 7] + b;
    }
    memcpy(v, sha->h, sizeof v);
    for (int i = 0; i < 64; i++) {
        uint32_t e = turned(v[4], 6) ^ turned(v[4], 11) ^ turned(v[4], 25);
        uint32_t a = turned(v[0], 2) ^ turned(v[0], 13) ^ turned(v[0], 22);
        uint32_t first = v[7] + e + ((v[4] & v[5]) ^ (~v[4] & v[6])) + SHA_ROUND[i] + w[i];
        uint32_t second = a + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
        memmove(v + 1, v, 7 * sizeof *v);
        v[4] += first;
        v[0] = first + second;
    }
    for (int i = 0; i < 8; i++) sha->h[i] += v[i];
}

static void sha_add(Sha *sha, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    if (sha->size == 0) memcpy(sha->h, SHA_START, sizeof SHA_START);
    for (size_t i = 0; i < size; i++) {
        sha->block[sha->size++ % 64] = bytes[i];
        if (sha->size % 64 == 0) sha_block(sha);
    }
}

/* The digest of all that was added; more may be added afterwards. */
static const char *sha_digest(const Sha *so_far, char digits[17])
{
    Sha sha = *so_far;
    uint64_t bits = sha.size * 8;
    sha_add(&sha, "\x80", 1);
    while (sha.size % 64 != 56) sha_add(&sha, "", 1);
    for (int i = 7; i >= 0; i--) sha_add(&sha, &(uint8_t){bits >> 8 * i}, 1);
    snprintf(digits, 17, "%08x%08x", sha.h[0], sha.h[1]);
    return digits;
}

/* ---- Reading the command: just enough JSON to find a member of an object ---------------------------------------- */

static const char *spaces(const char *at) { return at + strspn(at, " \t\r\n"); }

static const char *behind(const char *at) /* the value that begins here */
{
    int depth = 0;
    do {
        at = spaces(at);
        if (*at == '"') {
            for (at++; *at && *at != '"'; at++)
                if (*at == '\\' && at[1]) at++;
            at += *at == '"';
        } else if (*at == '{' || *at == '[') {
            depth++, at++;
        } else if (*at == '}' || *at == ']') {
            depth--, at++;
        } else if (*at == ',' || *at == ':') {
            at++;
        } else {
            at += strcspn(at, ",:]} \t\r\n");
        }
    } while (depth > 0 && *at);
    return at;
}

/* The value of a member, NULL where the object has none of that name. Names have no escapes in this protocol. */
static const char *member(const char *object, const char *name)
{
    const char *at = object ? spaces(object) : "";
    if (*at != '{') return NULL;
    for (at = spaces(at + 1); *at == '"'; at = spaces(at + 1)) {
        const char *key = at + 1;
        bool found = strncmp(key, name, strlen(name)) == 0 && key[strlen(name)] == '"';
        at = spaces(spaces(behind(at)) + 1);
        if (found) return at;
        at = spaces(behind(at));
        if (*at != ',') return NULL;
    }
    return NULL;
}

static long number(const char *object, const char *name, long otherwise)
{
    const char *value = member(object, name);
    return value ? strtol(value, NULL, 10) : otherwise;
}

static bool is(const char *object, const char *name, const char *wanted)
{
    const char *value = member(object, name);
    size_t size = strlen(wanted);
    return value && *value == '"' && strncmp(value + 1, wanted, size) == 0 && value[1 + size] == '"';
}

/* ---- Writing records -------------------------------------------------------------------------------------------- */

static void record(const char *form, ...) __attribute__((format(printf, 1, 2)));

static void record(const char *form, ...)
{
    char line[8192];
    va_list values;
    va_start(values, form);
    int size = vsnprintf(line, sizeof line - 1, form, values);
    va_end(values);
    if (size < 0 || size >= (int)sizeof line - 1) abort();
    line[size++] = '\n';
    for (int done = 0; done < size;) {
        ssize_t count = write(TRACE, line + done, size - done);
        if (count < 0 && errno != EINTR) exit(1); /* nobody listens any more */
        if (count > 0) done += count;
    }
}

/* Bytes as a value: {"$bytes": size, "digest": …, "head": "…"}. */
static const char *bytes_value(const uint8_t *data, size_t size, char text[512])
{
    char digits[17], head[6 * HEAD + 1] = "";
    Sha sha = {0};
    sha_add(&sha, data, size);
    for (size_t i = 0, at = 0; i < size && i < HEAD; i++)
        at += sprintf(head + at, data[i] < ' ' || data[i] > '~' || strchr("\"\\", data[i]) ? "\\u%04x" : "%c", data[i]);
    snprintf(text, 512, "{\"$bytes\":%zu,\"digest\":\"%s\",\"head\":\"%s\"}", size, sha_digest(&sha, digits), head);
    return text;
}

/* ---- What the roles watch --------------------------------------------------------------------------------------- */

/* A net.Socket, as far as its state is shown with each event. */
typedef struct {
    const char *name;
    int fd;
    bool connecting, readable, writable, destroyed;
    size_t bytes_read, bytes_written, writable_length;
    Sha delivered;
} Socket;

static int64_t deadline; /* milliseconds on the monotonic clock */
static long deadline_ms;

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

static void event(const char *object, const char *label, const char *args, const char *state)
{
    if (strcmp(label, skipped) != 0)
        record("{\"kind\":\"event\",\"object\":\"%s\",\"label\":\"%s\",\"args\":[%s],\"state\":%s}", object, label,
               args, state);
}

static const char *ready_state(const Socket *s)
{
    if (s->connecting) return "opening";
    if (s->readable) return s->writable ? "open" : "readOnly";
    return s->writable ? "writeOnly" : "closed";
}

static const char *json(bool value) { return value ? "true" : "false"; }

static const char *state_of(const Socket *s)
{
    static char state[512];
    snprintf(state, sizeof state,
             "{\"readyState\":\"%s\",\"pending\":%s,\"connecting\":%s,\"readable\":%s,\"writable\":%s,\"destroyed\":%s,"
             "\"bytesRead\":%zu,\"bytesWritten\":%zu,\"writableLength\":%zu}",
             ready_state(s), json(s->fd < 0 || s->connecting), json(s->connecting), json(s->readable),
             json(s->writable), json(s->destroyed), s->bytes_read, s->bytes_written, s->writable_length);
    return state;
}

static void socket_event(const Socket *s, const char *label, const char *args)
{
    event(s->name, label, args, state_of(s));
}

static void server_event(const char *label, const char *args, bool listening)
{
    event("server", label, args, listening ? "{\"listening\":true}" : "{\"listening\":false}");
}

/* A 'data' event: the chunk, and how much has been delivered with it. */
static void data_event(Socket *s, const uint8_t *data, size_t size)
{
    char chunk[512], digits[17];
    sha_add(&s->delivered, data, size);
    if (strcmp("data", skipped) != 0)
        record("{\"kind\":\"event\",\"object\":\"%s\",\"label\":\"data\",\"args\":[%s],\"state\":%s,"
               "\"stream\":{\"bytes\":%llu,\"digest\":\"%s\"}}",
               s->name, bytes_value(data, size, chunk), state_of(s), (unsigned long long)s->delivered.size,
               sha_digest(&s->delivered, digits));
}

/* ---- System calls that must work, and waiting ------------------------------------------------------------------- */

static int must(int result, const char *call)
{
    if (result >= 0) return result;
    fprintf(stderr, "role: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What is still open, as process.getActiveResourcesInfo() would name it. */
static const char *active(void)
{
    static char names[1024];
    names[0] = 0;
    for (int fd = TRACE + 1; fd < 64; fd++) {
        int type = 0, listens = 0;
        socklen_t size = sizeof type;
        if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0) continue;
        getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size);
        if (names[0]) strcat(names, ",");
        strcat(names, type == SOCK_DGRAM ? "\"UDPWrap\"" : listens ? "\"TCPServerWrap\"" : "\"TCPSocketWrap\"");
    }
    return names;
}

/* Wait until fd is ready. At the deadline say what is still open, and end. */
static void await(int fd, short events)
{
    struct pollfd poller = {.fd = fd, .events = events};
    while (poll(&poller, 1, deadline > now() ? (int)(deadline - now()) : 0) <= 0) {
        if (now() < deadline) continue; /* a signal */
        record("{\"kind\":\"hung\",\"args\":[%ld],\"state\":{\"active\":[%s]}}", deadline_ms, active());
        _exit(HUNG);
    }
}

static struct sockaddr_in ipv4(const char *address, long port)
{
    struct sockaddr_in end = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, address, &end.sin_addr);
    return end;
}

static int open_socket(int type) { return must(socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket"); }

static void bind_to(int fd, const char *address, long port)
{
    struct sockaddr_in end = ipv4(address, port);
    must(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)), "setsockopt");
    must(bind(fd, (struct sockaddr *)&end, sizeof end), "bind");
}

static struct sockaddr_in own_end(int fd)
{
    struct sockaddr_in end;
    socklen_t size = sizeof end;
    must(getsockname(fd, (struct sockaddr *)&end, &size), "getsockname");
    return end;
}

static void publish_port(int fd)
{
    record("{\"kind\":\"publish\",\"args\":[{\"port\":%d}]}", ntohs(own_end(fd).sin_port));
}

/* ---- net/half_open/ends_itself ---------------------------------------------------------------------------------- */

/* Read to the end of what the peer sends: 'data' for each chunk, then 'readable' and 'end'. */
static void read_to_end(Socket *s, bool has_data_listener)
{
    uint8_t chunk[65536];
    for (;;) {
        await(s->fd, POLLIN);
        ssize_t count = recv(s->fd, chunk, sizeof chunk, 0);
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (must((int)count, "recv") == 0) break;
        s->bytes_read += count;
        if (has_data_listener) data_event(s, chunk, count);
    }
    socket_event(s, "readable", "");
    s->readable = false;
    socket_event(s, "end", "");
}

/* The sending side is done with: shut it down. */
static void finish(Socket *s)
{
    s->writable = false;
    socket_event(s, "prefinish", "");
    must(shutdown(s->fd, SHUT_WR), "shutdown");
    socket_event(s, "finish", "");
}

static void destroy(Socket *s)
{
    must(close(s->fd), "close");
    s->fd = -1;
    s->connecting = s->readable = s->writable = false;
    s->destroyed = true;
}

static void ends_itself_server(const char *values)
{
    (void)values;
    int server = open_socket(SOCK_STREAM);
    bind_to(server, "127.0.0.1", 0);
    must(listen(server, 511), "listen");
    server_event("listening", "", true);
    publish_port(server);

    await(server, POLLIN);
    Socket peer = {.name = "peer", .readable = true, .writable = true};
    peer.fd = must(accept4(server, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), "accept");
    server_event("connection", "{\"$ref\":\"<Socket>\"}", true); /* the peer is not watched yet */
    must(close(server), "close"); /* server.close(): 'close' comes when the connection has ended as well */

    socket_event(&peer, "resume", "");
    read_to_end(&peer, true);
    record("{\"kind\":\"note\",\"label\":\"a tick after 'end'\",\"args\":[\"%s\"]}", ready_state(&peer));
    finish(&peer); /* not half-open: it ends itself behind the other end */
    destroy(&peer);
    server_event("close", "", false);
    socket_event(&peer, "close", "false");
}

static void ends_itself_client(const char *values)
{
    const char *text = sent_instead ? sent_instead : "ping";
    Socket client = {.name = "client", .connecting = true, .readable = true}; /* end() was called: not writable */
    char attempt[64];
    long port = number(values, "port", 0);
    struct sockaddr_in end = ipv4("127.0.0.1", port);

    client.fd = open_socket(SOCK_STREAM);
    client.bytes_written = client.writable_length = strlen(text); /* it waits for the connection */
    snprintf(attempt, sizeof attempt, "\"127.0.0.1\",%ld,4", port);
    socket_event(&client, "connectionAttempt", attempt);
    if (connect(client.fd, (struct sockaddr *)&end, sizeof end) < 0 && errno != EINPROGRESS) must(-1, "connect");
    socket_event(&client, "resume", "");

    int error = 0;
    socklen_t size = sizeof error;
    await(client.fd, POLLOUT);
    must(getsockopt(client.fd, SOL_SOCKET, SO_ERROR, &error, &size), "getsockopt");
    if ((errno = error) != 0) must(-1, "connect");
    client.connecting = false;
    socket_event(&client, "connect", "");
    while (client.writable_length > 0) {
        const char *rest = text + strlen(text) - client.writable_length;
        await(client.fd, POLLOUT);
        client.writable_length -= must((int)send(client.fd, rest, client.writable_length, MSG_NOSIGNAL), "send");
    }
    socket_event(&client, "ready", "");
    finish(&client);
    read_to_end(&client, false);
    destroy(&client);
    socket_event(&client, "close", "false");
}

/* ---- net/local_address/refused_with_both ------------------------------------------------------------------------ */

static void refused(const char *values)
{
    Socket client = {.name = "client", .connecting = true, .readable = true, .writable = true};
    char args[1024], value[768], local[INET_ADDRSTRLEN];
    long port = number(values, "port", 0);
    struct sockaddr_in end = ipv4("127.0.0.1", port);
    int error = 0;
    socklen_t size = sizeof error;

    client.fd = open_socket(SOCK_STREAM);
    bind_to(client.fd, "127.0.0.6", number(values, "local", 0));
    snprintf(args, sizeof args, "\"127.0.0.1\",%ld,4", port);
    socket_event(&client, "connectionAttempt", args);
    if (connect(client.fd, (struct sockaddr *)&end, sizeof end) < 0) {
        error = errno;
        if (error == EINPROGRESS) {
            await(client.fd, POLLOUT);
            must(getsockopt(client.fd, SOL_SOCKET, SO_ERROR, &error, &size), "getsockopt");
        }
    }
    if (error == 0) {
        fprintf(stderr, "role: somebody listens at port %ld\n", port);
        exit(1);
    }
    struct sockaddr_in own = own_end(client.fd);
    int own_port = ntohs(own.sin_port);
    inet_ntop(AF_INET, &own.sin_addr, local, sizeof local);
    const char *code = strerrorname_np(error);
    snprintf(value, sizeof value,
             "{\"$error\":\"Error\",\"message\":\"connect %s 127.0.0.1:%ld - Local (%s:%d)\",\"code\":\"%s\","
             "\"errno\":%d,\"syscall\":\"connect\",\"address\":\"127.0.0.1\",\"port\":%ld,\"localAddress\":\"%s\","
             "\"localPort\":%d}",
             code, port, local, own_port, code, -error, port, local, own_port);
    snprintf(args, sizeof args, "\"127.0.0.1\",%ld,4,%s", port, value);
    client.connecting = false;
    socket_event(&client, "connectionAttemptFailed", args);
    destroy(&client);
    socket_event(&client, "error", value);
    record("{\"kind\":\"note\",\"label\":\"local address\",\"args\":[\"%s\"]}", local);
    record("{\"kind\":\"note\",\"label\":\"local port\",\"args\":[%d]}", own_port);
    socket_event(&client, "close", "true");
}

/* ---- dgram/receive/ipv4 ----------------------------------------------------------------------------------------- */

static void datagram_receiver(const char *values)
{
    (void)values;
    uint8_t message[65536];
    char chunk[512], args[1024], address[INET_ADDRSTRLEN];
    int receiver = open_socket(SOCK_DGRAM);
    bind_to(receiver, "127.0.0.1", 0);
    event("receiver", "listening", "", "{}");
    struct sockaddr_in own = own_end(receiver), from;
    socklen_t size = sizeof from;
    inet_ntop(AF_INET, &own.sin_addr, address, sizeof address);
    record("{\"kind\":\"note\",\"label\":\"address\",\"args\":[{\"address\":\"%s\",\"family\":\"IPv4\",\"port\":%d}]}",
           address, ntohs(own.sin_port));
    publish_port(receiver);

    await(receiver, POLLIN);
    int count = must((int)recvfrom(receiver, message, sizeof message, 0, (struct sockaddr *)&from, &size), "recvfrom");
    const char *family = from.sin_family == AF_INET ? "IPv4" : "IPv6";
    inet_ntop(AF_INET, &from.sin_addr, address, sizeof address);
    snprintf(args, sizeof args, "%s,{\"address\":\"%s\",\"family\":\"%s\",\"port\":%d,\"size\":%d}",
             bytes_value(message, count, chunk), address, family, ntohs(from.sin_port), count);
    event("receiver", "message", args, "{}");
    record("{\"kind\":\"note\",\"label\":\"family\",\"args\":[\"%s\"]}", family);
    record("{\"kind\":\"note\",\"label\":\"size\",\"args\":[%d]}", count);
    must(close(receiver), "close");
    event("receiver", "close", "", "{}");
}

static void datagram_sender(const char *values)
{
    const char *text = sent_instead ? sent_instead : "hello";
    struct sockaddr_in to = ipv4("127.0.0.1", number(values, "port", 0));
    int sender = open_socket(SOCK_DGRAM);
    bind_to(sender, "0.0.0.0", 0); /* send() binds */
    event("sender", "listening", "", "{}");
    int count = must((int)sendto(sender, text, strlen(text), 0, (struct sockaddr *)&to, sizeof to), "sendto");
    record("{\"kind\":\"callback\",\"label\":\"sent\",\"args\":[null,%d]}", count);
    must(close(sender), "close");
    event("sender", "close", "", "{}");
}

/* ---- The protocol ----------------------------------------------------------------------------------------------- */

static const struct {
    const char *of_case, *role;
    void (*play)(const char *values);
} ROLES[] = {
    {"net/half_open/ends_itself", "server", ends_itself_server},
    {"net/half_open/ends_itself", "client", ends_itself_client},
    {"net/local_address/refused_with_both", "client", refused},
    {"dgram/receive/ipv4", "receiver", datagram_receiver},
    {"dgram/receive/ipv4", "sender", datagram_sender},
};

/* To the directory of the run, where the paths of unix sockets lie. */
static void enter(const char *directory)
{
    char path[4096];
    size_t size = directory ? (size_t)(behind(directory) - directory) : 0;
    if (size < 2 || size >= sizeof path) return;
    memcpy(path, directory + 1, size - 2);
    path[size - 2] = 0;
    must(chdir(path), "chdir");
}

/* One line from descriptor 0; NULL at its end. */
static char *read_line(void)
{
    char *line = NULL;
    size_t room = 0;
    return getline(&line, &room, stdin) > 0 ? line : NULL;
}

int main(int count, char **arguments)
{
    for (int i = 1; i + 1 < count; i += 2) {
        if (strcmp(arguments[i], "--skip") == 0) skipped = arguments[i + 1];
        if (strcmp(arguments[i], "--send") == 0) sent_instead = arguments[i + 1];
    }
    if (write(TRACE, "\n", 1) != 1) { /* ready */
        fprintf(stderr, "role: descriptor 3 is for the trace\n");
        return 2;
    }
    char *command = read_line();
    if (command == NULL) return 0; /* not needed after all */

    record("{\"kind\":\"protocol\",\"args\":[%d]}", PROTOCOL);
    if (number(command, "protocol", PROTOCOL) != PROTOCOL) return 2;
    deadline_ms = number(command, "deadline_ms", 10000);
    deadline = now() + deadline_ms;
    enter(member(command, "path_dir"));
    for (size_t i = 0; i < sizeof ROLES / sizeof *ROLES; i++) {
        if (is(command, "case", ROLES[i].of_case) && is(command, "role", ROLES[i].role)) {
            ROLES[i].play(member(command, "values"));
            record("{\"kind\":\"exit\",\"args\":[0],\"state\":{\"active\":[%s]}}", active());
            return 0;
        }
    }
    const char *id = member(command, "case"), *role = member(command, "role");
    fprintf(stderr, "role: this program does not play %.*s, role %.*s\n", id ? (int)(behind(id) - id) : 0, id ? id : "",
            role ? (int)(behind(role) - role) : 0, role ? role : "");
    return 3;
}
