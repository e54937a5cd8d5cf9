#include "support/media_fixture.hpp"

namespace carillon::test {

using namespace mediasoup;

MediaFixture::Made<WebRtcTransport> MediaFixture::webrtc(SharedRouter router) {
  WebRtcTransportOptions options;
  options.listen_infos = {loopback()};
  options.enable_sctp = true;
  auto made = co_await router->create_webrtc_transport(std::move(options));
  co_return must(std::move(made));
}

MediaFixture::Made<DirectTransport> MediaFixture::direct(SharedRouter router) {
  DirectTransportOptions options;
  auto made = co_await router->create_direct_transport(std::move(options));
  co_return must(std::move(made));
}

MediaFixture::Made<PlainTransport> MediaFixture::plain(SharedRouter router, PlainTransportOptions options) {
  auto made = co_await router->create_plain_transport(std::move(options));
  co_return must(std::move(made));
}

MediaFixture::Made<PipeTransport> MediaFixture::pipe(SharedRouter router, PipeTransportOptions options) {
  auto made = co_await router->create_pipe_transport(std::move(options));
  co_return must(std::move(made));
}

MediaFixture::Made<Producer> MediaFixture::produce(SharedTransport transport, ProducerOptions options) {
  auto made = co_await transport->produce(std::move(options));
  co_return must(std::move(made));
}

MediaFixture::Made<Consumer> MediaFixture::consume(SharedRouter router, SharedTransport transport,
                                                   std::string producer_id) {
  auto options = consumer_options(router, std::move(producer_id));
  auto made = co_await transport->consume(std::move(options));
  co_return must(std::move(made));
}

MediaFixture::Made<DataProducer> MediaFixture::produce_data(SharedTransport transport, DataProducerOptions options) {
  auto made = co_await transport->produce_data(std::move(options));
  co_return must(std::move(made));
}

MediaFixture::Made<DataConsumer> MediaFixture::consume_data(SharedTransport transport, std::string data_producer_id) {
  DataConsumerOptions options;
  options.data_producer_id = std::move(data_producer_id);
  auto made = co_await transport->consume_data(std::move(options));
  co_return must(std::move(made));
}

PlainTransportOptions MediaFixture::plain_options() {
  PlainTransportOptions options;
  options.listen_info = loopback();
  return options;
}

PipeTransportOptions MediaFixture::pipe_options() {
  PipeTransportOptions options;
  options.listen_info = loopback();
  return options;
}

ConsumerOptions MediaFixture::consumer_options(const SharedRouter& router, std::string producer_id) {
  ConsumerOptions options;
  options.producer_id = std::move(producer_id);
  options.rtp_capabilities = router->rtp_capabilities();
  return options;
}

DataProducerOptions MediaFixture::sctp_data_producer(std::uint16_t stream_id) {
  DataProducerOptions options;
  ortc::SctpStreamParameters stream;
  stream.stream_id = stream_id;
  options.sctp_stream_parameters = stream;
  options.label = "chat";
  options.protocol = "lines";
  return options;
}

ortc::DtlsParameters MediaFixture::dtls_parameters(ortc::DtlsRole role) {
  ortc::DtlsFingerprint fingerprint;
  fingerprint.algorithm = ortc::FingerprintAlgorithm::sha256;
  for (int i = 0; i < 32; ++i) fingerprint.value += i == 0 ? "82" : ":5A";
  ortc::DtlsParameters parameters;
  parameters.role = role;
  parameters.fingerprints = {fingerprint};
  return parameters;
}

}  // namespace carillon::test
