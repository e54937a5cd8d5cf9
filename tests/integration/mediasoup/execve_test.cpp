// A program that replaces itself by execve, many times, while its worker forwards 500 packets a second: none is lost,
// the pipes and the child go on, and the worker still dies with the program.
#include <gtest/gtest.h>

#include "support/rtp.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

namespace carillon::mediasoup {
namespace {

using Clock = std::chrono::steady_clock;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// A UDP socket on a free port, and which.
std::pair<int, std::uint16_t> udp_socket() {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  ::bind(fd, reinterpret_cast<sockaddr*>(&address), size);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return {fd, ntohs(address.sin_port)};
}

class ExecveTest : public ::testing::Test {
 protected:
  ExecveTest() {
    ::signal(SIGPIPE, SIG_IGN);  // a host that is gone is found by what it does not say
    const auto [fd, port] = udp_socket();
    receiver_ = fd;
    int in[2];
    int out[2];
    EXPECT_EQ(::pipe2(in, O_CLOEXEC), 0);
    EXPECT_EQ(::pipe2(out, O_CLOEXEC), 0);
    const std::string port_text = std::to_string(port);
    host_ = ::fork();
    if (host_ == 0) {
      ::dup2(in[0], 0);
      ::dup2(out[1], 1);
      ::execl(CARILLON_EXECVE_HOST, "execve_host", port_text.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    to_host_ = in[1];
    from_host_ = out[0];
    unsigned worker_port = 0;
    std::sscanf(line().c_str(), "worker %d port %u", &worker_, &worker_port);
    sender_ = udp_socket().first;
    const sockaddr_in to = loopback(static_cast<std::uint16_t>(worker_port));
    ::connect(sender_, reinterpret_cast<const sockaddr*>(&to), sizeof to);
  }
  ~ExecveTest() override {
    if (host_ > 0) ::kill(host_, SIGKILL);
    if (host_ > 0) ::waitpid(host_, nullptr, 0);
    for (const int fd : {to_host_, from_host_, receiver_, sender_}) ::close(fd);
  }

  /// The next line the host prints; "" when none comes in time.
  std::string line() {
    std::string text;
    const auto end = Clock::now() + 30s;
    while (Clock::now() < end) {
      pollfd waiting{from_host_, POLLIN, 0};
      if (::poll(&waiting, 1, 100) <= 0) continue;
      char c = 0;
      if (::read(from_host_, &c, 1) != 1 || c == '\n') return text;
      text += c;
    }
    return "";
  }
  /// The number of open files of the host, once it is this generation.
  std::size_t files_of_generation(int generation) {
    int told = -1;
    std::size_t files = 0;
    std::sscanf(line().c_str(), "generation %d files %zu", &told, &files);
    EXPECT_EQ(told, generation);
    return files;
  }
  void replace() { EXPECT_EQ(::write(to_host_, "x", 1), 1); }

  [[nodiscard]] bool worker_lives() const {
    std::ifstream stat{"/proc/" + std::to_string(worker_) + "/stat"};
    std::string text;
    std::getline(stat, text);
    const std::size_t name_end = text.rfind(')');
    return name_end != std::string::npos && text.at(name_end + 2) != 'Z';
  }
  [[nodiscard]] bool worker_gone_soon() const {
    for (int i = 0; i < 1000 && worker_lives(); ++i) ::usleep(5'000);
    return !worker_lives();
  }

  int receiver_ = -1;
  int sender_ = -1;
  int to_host_ = -1;
  int from_host_ = -1;
  pid_t host_ = -1;
  pid_t worker_ = -1;
};

/// What has come to a socket: sequence numbers, and the longest time between two. Only `count` may be read while the
/// thread that receives goes on.
struct Received {
  std::atomic<std::size_t> count = 0;
  std::vector<std::uint16_t> numbers;
  Clock::duration longest_gap{0};
};

void receive(int fd, const std::atomic<bool>& over, Received& into) {
  auto last = Clock::now();
  while (!over) {
    pollfd waiting{fd, POLLIN, 0};
    if (::poll(&waiting, 1, 50) <= 0) continue;
    std::uint8_t packet[1500];
    const ssize_t size = ::recv(fd, packet, sizeof packet, 0);
    if (size < 12 || (packet[1] >= 200 && packet[1] <= 206)) continue;  // RTCP
    const auto now = Clock::now();
    if (!into.numbers.empty()) into.longest_gap = std::max(into.longest_gap, now - last);
    last = now;
    into.numbers.push_back(static_cast<std::uint16_t>(packet[2] << 8 | packet[3]));
    ++into.count;
  }
}

TEST_F(ExecveTest, TwentyTimesWhileMediaFlowsNothingIsLost) {
  const std::size_t files = files_of_generation(0);
  std::atomic<bool> over = false;
  std::atomic<std::uint16_t> sent = 0;
  Received received;
  std::thread receiving{[&] { receive(receiver_, over, received); }};
  std::atomic<bool> enough = false;
  std::thread sending{[&] {
    for (auto at = Clock::now(); !enough; at += 2ms) {
      const auto packet = test::audio_packet(static_cast<std::uint16_t>(sent + 1));
      if (::send(sender_, packet.data(), packet.size(), 0) > 0) ++sent;
      std::this_thread::sleep_until(at);
    }
  }};
  for (int generation = 1; generation <= 20; ++generation) {
    replace();
    EXPECT_EQ(files_of_generation(generation), files);
    EXPECT_TRUE(worker_lives());
    const unsigned some = generation * 10U;  // media flows before the next one
    for (int waited = 0; waited < 2000 && sent < some; ++waited) std::this_thread::sleep_for(5ms);
  }
  enough = true;
  sending.join();
  for (int i = 0; i < 200 && received.count < sent; ++i) std::this_thread::sleep_for(5ms);
  over = true;
  receiving.join();
  const auto gap = std::chrono::duration_cast<std::chrono::microseconds>(received.longest_gap).count();
  std::cout << "  " << sent << " packets sent, " << sent - received.numbers.size() << " lost, longest gap "
            << gap / 1000.0 << " ms\n";
  ASSERT_EQ(received.numbers.size(), sent);
  EXPECT_GE(sent, 200);
  for (std::size_t i = 1; i < received.numbers.size(); ++i) {
    EXPECT_EQ(received.numbers[i], static_cast<std::uint16_t>(received.numbers[i - 1] + 1));
  }
  // At the end of its input the last of them ends the worker, which is its child still, and then itself.
  ::close(std::exchange(to_host_, -1));
  int status = -1;
  EXPECT_EQ(::waitpid(host_, &status, 0), host_);
  host_ = -1;
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_FALSE(worker_lives());
}

TEST_F(ExecveTest, TheWorkerStillDiesWithTheProgram) {
  files_of_generation(0);
  replace();
  files_of_generation(1);
  EXPECT_TRUE(worker_lives());
  ::kill(host_, SIGKILL);
  EXPECT_TRUE(worker_gone_soon());
}

}  // namespace
}  // namespace carillon::mediasoup
