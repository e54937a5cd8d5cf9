// For the tests of Worker::save(), release() and adopt(): a worker with one of everything, and handing it over within
// one process, though only the saved text and the open descriptors are left of what was.
#pragma once

#include "base/async.hpp"
#include "mediasoup/worker.hpp"
#include "support/media_fixture.hpp"

#include <boost/asio/ip/udp.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace carillon::mediasoup {

namespace json = boost::json;
using namespace std::chrono_literals;

using test::audio_producer;
using test::code_of;
using test::must;
using test::video_producer;

using udp = asio::ip::udp;

class AdoptionTest : public test::MediaFixture {
 protected:
  /// Waits until nothing is under way, and saves. What is left is text, as after an execve.
  static asio::awaitable<std::string> save(std::shared_ptr<Worker> worker) {
    const bool quiet = co_await eventually([&] { return worker->quiet(); });
    EXPECT_TRUE(quiet);
    co_return json::serialize(must(worker->save()));
  }

  Result<std::shared_ptr<Worker>> try_adopt(const std::string& text) {
    return Worker::adopt(io.get_executor(), json::parse(text).as_object(), settings());
  }
  std::shared_ptr<Worker> adopt(const std::string& text) {
    auto worker = must(try_adopt(text));
    workers.push_back(worker);
    return worker;
  }
  /// The old objects are gone before the new ones are made.
  void let_go(std::shared_ptr<Worker>& worker) {
    worker->release();
    EXPECT_TRUE(worker->closed());
    workers.erase(std::find(workers.begin(), workers.end(), worker));
    worker.reset();
  }
  asio::awaitable<std::shared_ptr<Worker>> hand_over(std::shared_ptr<Worker> worker) {
    const std::string text = co_await save(worker);
    let_go(worker);
    co_return adopt(text);
  }

  udp::socket new_socket() {
    udp::socket socket{io, udp::endpoint{asio::ip::make_address("127.0.0.1"), 0}};
    socket.set_option(asio::socket_base::receive_buffer_size{1 << 20});
    return socket;
  }
  static udp::endpoint endpoint_of(const TransportTuple& tuple) {
    return {asio::ip::make_address(tuple.local_address), tuple.local_port};
  }
  static PlainTransportConnectOptions to(const udp::socket& socket) {
    PlainTransportConnectOptions options;
    options.ip = socket.local_endpoint().address().to_string();
    options.port = socket.local_endpoint().port();
    return options;
  }
  /// Learns from the first packet where its endpoint is.
  static asio::awaitable<std::shared_ptr<PlainTransport>> comedia(std::shared_ptr<Router> router) {
    auto options = plain_options();
    options.comedia = true;
    co_return co_await plain(router, std::move(options));
  }
  /// All RTP packets that lie in the socket; RTCP comes on the same port.
  static std::vector<std::uint16_t> sequence_numbers(udp::socket& socket) {
    std::vector<std::uint16_t> numbers;
    socket.non_blocking(true);
    for (;;) {
      std::array<std::uint8_t, 1500> packet{};
      boost::system::error_code error;
      socket.receive(asio::buffer(packet), 0, error);
      if (error) return numbers;
      if (packet[1] >= 200 && packet[1] <= 206) continue;
      numbers.push_back(static_cast<std::uint16_t>(packet[2] << 8 | packet[3]));
    }
  }

  template <class T>
  static std::shared_ptr<T> transport(const std::shared_ptr<Router>& router, const std::string& id) {
    auto found = std::dynamic_pointer_cast<T>(router->transport_by_id(id));
    if (!found) throw std::runtime_error("no transport " + id);
    return found;
  }

  /// A worker with one of everything that can be carried over.
  struct House {
    std::shared_ptr<Worker> worker;
    std::string server, router, webrtc, sender, receiver, direct;
    std::string audio, video, chat, notes;
    std::string audio_consumer, video_consumer, chat_consumer, notes_consumer;
    std::string levels, speakers;
  };

  asio::awaitable<House> build() {
    House house;
    const auto router = co_await new_router();
    house.worker = workers.back();
    house.worker->app_data["name"] = "one";
    house.router = router->id();
    router->app_data["room"] = "kitchen";

    WebRtcServerOptions server_options;
    server_options.listen_infos = {test::loopback(), test::loopback(TransportProtocol::tcp)};
    server_options.app_data["slot"] = 3;
    auto server = must(co_await house.worker->create_webrtc_server(std::move(server_options)));
    house.server = server->id();
    WebRtcTransportOptions webrtc_options;
    webrtc_options.web_rtc_server = server;
    webrtc_options.enable_sctp = true;
    webrtc_options.app_data["peer"] = "alice";
    auto webrtc = must(co_await router->create_webrtc_transport(std::move(webrtc_options)));
    house.webrtc = webrtc->id();
    must(co_await webrtc->connect(dtls_parameters()));

    const auto sender = co_await comedia(router);
    const auto receiver = co_await plain(router, plain_options());
    const auto direct = co_await MediaFixture::direct(router);
    house.sender = sender->id();
    house.receiver = receiver->id();
    house.direct = direct->id();

    const auto audio = co_await produce(sender, audio_producer());
    const auto video = co_await produce(sender, video_producer(3));
    house.audio = audio->id();
    house.video = video->id();
    must(co_await video->pause());
    const auto audio_consumer = co_await consume(router, receiver, house.audio);
    auto wanted = consumer_options(router, house.video);
    wanted.paused = true;
    wanted.preferred_layers = ConsumerLayers{1, 2};
    wanted.app_data["device"] = "phone";
    const auto video_consumer = must(co_await webrtc->consume(std::move(wanted)));
    must(co_await video_consumer->set_priority(7));
    house.audio_consumer = audio_consumer->id();
    house.video_consumer = video_consumer->id();

    const auto chat = co_await produce_data(webrtc, sctp_data_producer());
    DataProducerOptions direct_data;
    direct_data.label = "notes";
    const auto notes = co_await produce_data(direct, std::move(direct_data));
    const auto chat_consumer = co_await consume_data(direct, chat->id());
    DataConsumerOptions some;
    some.data_producer_id = notes->id();
    some.subchannels = {4};
    some.max_retransmits = 2;
    const auto notes_consumer = must(co_await webrtc->consume_data(std::move(some)));
    house.chat = chat->id();
    house.notes = notes->id();
    house.chat_consumer = chat_consumer->id();
    house.notes_consumer = notes_consumer->id();

    AudioLevelObserverOptions level_options;
    const auto levels = must(co_await router->create_audio_level_observer(std::move(level_options)));
    ActiveSpeakerObserverOptions speaker_options;
    const auto speakers = must(co_await router->create_active_speaker_observer(std::move(speaker_options)));
    must(co_await levels->add_producer(house.audio));
    must(co_await speakers->pause());
    house.levels = levels->id();
    house.speakers = speakers->id();
    co_return house;
  }
};

}  // namespace carillon::mediasoup
