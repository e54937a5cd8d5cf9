// A mediasoup-worker that misbehaves, in the way its environment variable FAKE_WORKER names. For worker_death_test.cpp.
#include <FBS/message.h>

#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

constexpr int from_host = 3;
constexpr int to_host = 4;

void write_all(const std::uint8_t* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(to_host, bytes, size);
    if (written <= 0) ::_exit(0);
    bytes += written;
    size -= static_cast<std::size_t>(written);
  }
}

void send(flatbuffers::FlatBufferBuilder& builder, FBS::Message::Body type, flatbuffers::Offset<void> body) {
  builder.FinishSizePrefixed(FBS::Message::CreateMessage(builder, type, body));
  write_all(builder.GetBufferPointer(), builder.GetSize());
}

void say_running() {
  flatbuffers::FlatBufferBuilder builder;
  const auto pid = builder.CreateString(std::to_string(::getpid()));
  send(builder, FBS::Message::Body::Notification,
       FBS::Notification::CreateNotification(builder, pid, FBS::Notification::Event::WORKER_RUNNING).Union());
}

void accept(std::uint32_t id) {
  flatbuffers::FlatBufferBuilder builder;
  send(builder, FBS::Message::Body::Response, FBS::Response::CreateResponse(builder, id, true).Union());
}

/// The id of the next request; notifications are passed over. Ends the process with the channel.
std::uint32_t next_request() {
  for (;;) {
    std::uint32_t size = 0;
    if (::recv(from_host, &size, sizeof size, MSG_WAITALL) != static_cast<ssize_t>(sizeof size)) ::_exit(0);
    std::vector<std::uint8_t> payload(size);
    if (::recv(from_host, payload.data(), size, MSG_WAITALL) != static_cast<ssize_t>(size)) ::_exit(0);
    const auto* message = FBS::Message::GetMessage(payload.data());
    if (const auto* request = message->data_as_Request()) return request->id();
  }
}

[[noreturn]] void stay() {
  for (;;) ::pause();
}

}  // namespace

int main() {
  const char* variable = std::getenv("FAKE_WORKER");
  const std::string mode = variable == nullptr ? "" : variable;
  if (std::getenv("MEDIASOUP_VERSION") == nullptr) return 41;
  if (mode == "exit-at-start") return 7;
  if (mode == "wrong-settings") return 42;
  if (mode == "secret-in-environment") return std::getenv("CARILLON_SECRET") == nullptr ? 42 : 7;
  if (mode == "silent-at-start") stay();
  say_running();
  if (mode == "deaf") {
    ::signal(SIGTERM, SIG_IGN);
    stay();
  }
  if (mode == "chatty") {
    const std::string line(100'000, 'x');
    for (int i = 0; i < 2'000; ++i) (void)!::write(i % 2 + 1, line.data(), i == 0 ? line.size() : 40);
    for (;;) accept(next_request());
  }

  const std::uint32_t id = next_request();
  const std::uint8_t garbage[64] = {60, 0, 0, 0, 0xff, 0xfe, 0xfd};
  const std::uint8_t endless[4] = {0xff, 0xff, 0xff, 0xff};
  if (mode == "garbage") write_all(garbage, sizeof garbage);
  if (mode == "oversize") write_all(endless, sizeof endless);
  if (mode == "unasked-answer") accept(id + 1000);
  if (mode == "half-frame") {
    write_all(garbage, 20);
    return 0;
  }
  if (mode == "close-pipe") ::close(to_host);
  if (mode == "exit") return 3;
  if (mode == "spin") {
    // An access to a volatile is an effect: without one the loop might be taken for one that ends.
    for (volatile bool on = true; on;) continue;
    return 4;
  }
  if (mode == "wrong-body") accept(id);
  if (mode == "request-to-host") {
    flatbuffers::FlatBufferBuilder builder;
    const auto handler = builder.CreateString("");
    send(builder, FBS::Message::Body::Request,
         FBS::Request::CreateRequest(builder, 1, FBS::Request::Method::WORKER_DUMP, handler).Union());
  }
  stay();  // "mute" and all that are still alive
}
