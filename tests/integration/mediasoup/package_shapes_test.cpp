// dump(), get_stats() and trace events of each kind of object have the fields of the npm package's, on the same worker.
#include "support/media_fixture.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <cstdio>

namespace carillon::mediasoup {
namespace {

namespace json = boost::json;
using test::loopback;
using test::must;

/// The same for two values with the same fields of the same types: names stay, what stands in them does not. Arrays are
/// told by their length and by each of their elements.
json::value shape(const json::value& value) {
  if (const auto* object = value.if_object()) {
    std::map<std::string, json::value> sorted;
    for (const auto& [key, field] : *object) sorted.emplace(key, shape(field));
    json::object result;
    for (auto& [key, field] : sorted) result.emplace(key, std::move(field));
    return result;
  }
  if (const auto* array = value.if_array()) {
    json::array result;
    for (const auto& element : *array) result.push_back(shape(element));
    return result;
  }
  if (value.is_string()) return "string";
  if (value.is_bool()) return "bool";
  if (value.is_number()) return "number";
  return nullptr;
}

/// What the script prints.
json::object shown_by_the_package() {
  const std::string command = "node '" CARILLON_SOURCE_DIR "/tests/integration/mediasoup/package_shapes.mjs'";
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("node cannot be started");
  std::string text;
  std::array<char, 65536> buffer{};
  while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe)) text.append(buffer.data(), size);
  if (::pclose(pipe) != 0) throw std::runtime_error("package_shapes.mjs failed");
  return json::parse(text).as_object();
}

class PackageShapesTest : public test::MediaFixture {
 protected:
  /// `shown[name.dump]` and `shown[name.getStats]`.
  template <class T>
  static asio::awaitable<void> show(json::object& shown, std::string name, std::shared_ptr<T> object) {
    auto dumped = co_await object->dump();
    shown[name + ".dump"] = must(std::move(dumped));
    auto stats = co_await object->get_stats();
    shown[name + ".getStats"] = must(std::move(stats));
  }

  static json::value to_json(const TraceEvent& event) {
    return {{"type", event.type}, {"timestamp", event.timestamp}, {"direction", event.direction}, {"info", event.info}};
  }

  asio::awaitable<std::shared_ptr<Router>> router_of_two_codecs() {
    const auto worker = co_await new_worker();
    RouterOptions options;
    options.media_codecs = test::media_codecs();
    options.media_codecs.resize(2);
    auto made = co_await worker->create_router(std::move(options));
    co_return must(std::move(made));
  }

  asio::awaitable<json::object> shown_by_us() {
    json::object shown;
    const auto router = co_await router_of_two_codecs();
    const auto webrtc_transport = co_await webrtc(router);
    PlainTransportOptions plain_with_all = plain_options();
    plain_with_all.rtcp_mux = false;
    plain_with_all.enable_sctp = true;
    plain_with_all.enable_srtp = true;
    const auto plain_transport = co_await plain(router, std::move(plain_with_all));
    PipeTransportOptions pipe_with_all = pipe_options();
    pipe_with_all.enable_sctp = true;
    pipe_with_all.enable_rtx = true;
    pipe_with_all.enable_srtp = true;
    const auto pipe_transport = co_await pipe(router, std::move(pipe_with_all));
    const auto direct_transport = co_await direct(router);
    const auto audio = co_await produce(direct_transport, test::audio_producer());
    const auto video = co_await produce(webrtc_transport, test::video_producer(3));
    const auto audio_consumer = co_await consume(router, direct_transport, audio->id());
    const auto video_consumer = co_await consume(router, plain_transport, video->id());
    const auto pipe_consumer = co_await consume(router, pipe_transport, video->id());
    DataProducerOptions chat_options;
    chat_options.label = "chat";
    chat_options.protocol = "lines";
    const auto chat = co_await produce_data(direct_transport, std::move(chat_options));
    auto sctp_options = sctp_data_producer();
    sctp_options.sctp_stream_parameters->ordered = false;
    sctp_options.sctp_stream_parameters->max_retransmits = 2;
    const auto sctp_chat = co_await produce_data(webrtc_transport, std::move(sctp_options));
    DataConsumerOptions chat_consumer_options;
    chat_consumer_options.data_producer_id = chat->id();
    chat_consumer_options.subchannels = {1};
    auto made = co_await direct_transport->consume_data(std::move(chat_consumer_options));
    const auto chat_consumer = must(std::move(made));
    const auto sctp_chat_consumer = co_await consume_data(plain_transport, sctp_chat->id());

    const std::vector<ProducerTraceEventType> producer_types{ProducerTraceEventType::rtp};
    must(co_await audio->enable_trace_event(producer_types));
    const std::vector<ConsumerTraceEventType> consumer_types{ConsumerTraceEventType::rtp};
    must(co_await audio_consumer->enable_trace_event(consumer_types));
    const auto producer_trace =
        audio->on_trace.connect([&](const TraceEvent& event) { shown["producerTrace"] = to_json(event); });
    const auto consumer_trace =
        audio_consumer->on_trace.connect([&](const TraceEvent& event) { shown["consumerTrace"] = to_json(event); });
    for (std::uint16_t number = 1; number <= 5; ++number) must(audio->send(test::audio_packet(number)));
    (void)co_await eventually([&] { return shown.size() == 2; });

    co_await show(shown, "webrtc", webrtc_transport);
    co_await show(shown, "plain", plain_transport);
    co_await show(shown, "pipe", pipe_transport);
    co_await show(shown, "direct", direct_transport);
    co_await show(shown, "audio", audio);
    co_await show(shown, "video", video);
    co_await show(shown, "audioConsumer", audio_consumer);
    co_await show(shown, "videoConsumer", video_consumer);
    co_await show(shown, "pipeConsumer", pipe_consumer);
    co_await show(shown, "chat", chat);
    co_await show(shown, "sctpChat", sctp_chat);
    co_await show(shown, "chatConsumer", chat_consumer);
    co_await show(shown, "sctpChatConsumer", sctp_chat_consumer);
    co_return shown;
  }
};

TEST_F(PackageShapesTest, EachObjectShowsTheFieldsOfThePackage) {
  const json::object theirs = shown_by_the_package();
  run([&, this]() -> asio::awaitable<void> {
    const json::object ours = co_await shown_by_us();
    EXPECT_EQ(theirs.size(), 28U);
    EXPECT_EQ(ours.size(), theirs.size());
    for (const auto& [name, value] : theirs) {
      const auto* mine = ours.if_contains(name);
      EXPECT_NE(mine, nullptr) << name;
      if (mine == nullptr) continue;
      EXPECT_EQ(json::serialize(shape(*mine)), json::serialize(shape(value))) << name;
    }
  });
}

}  // namespace
}  // namespace carillon::mediasoup
