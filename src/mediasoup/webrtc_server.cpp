#include "mediasoup/webrtc_server.hpp"

#include "mediasoup/channel/messages.hpp"
#include "mediasoup/fbs/json.hpp"
#include "mediasoup/webrtc_transport.hpp"

namespace carillon::mediasoup {
namespace {

boost::json::value ip_port_to_json(const FBS::WebRtcServer::IpPort* socket) {
  return {{"ip", fbs::text(socket->ip())}, {"port", socket->port()}};
}

boost::json::value fragment_to_json(const FBS::WebRtcServer::IceUserNameFragment* fragment) {
  return {{"localIceUsernameFragment", fbs::text(fragment->local_ice_username_fragment())},
          {"webRtcTransportId", fbs::text(fragment->web_rtc_transport_id())}};
}

boost::json::value dump_to_json(const FBS::WebRtcServer::DumpResponse& dump) {
  return {
      {"id", fbs::text(dump.id())},
      {"udpSockets", fbs::array_of(dump.udp_sockets(), ip_port_to_json)},
      {"tcpServers", fbs::array_of(dump.tcp_servers(), ip_port_to_json)},
      {"webRtcTransportIds", fbs::strings(dump.web_rtc_transport_ids())},
      {"localIceUsernameFragments", fbs::array_of(dump.local_ice_username_fragments(), fragment_to_json)},
  };
}

}  // namespace

WebRtcServer::WebRtcServer(Context context) : app_data{std::move(context.app_data)}, context_{std::move(context)} {}

void WebRtcServer::close() {
  if (closed_) return;
  closed_ = true;
  const auto self = shared_from_this();
  tell(*context_.channel, Method::WORKER_WEBRTCSERVER_CLOSE, "", [&](Builder& builder) {
    return FBS::Worker::CreateCloseWebRtcServerRequest(builder, builder.CreateString(id()));
  });
  auto transports = std::move(transports_);
  transports_.clear();
  for (auto& [transport_id, handled] : transports) {
    handled.closing.disconnect();
    handled.transport->on_listen_server_closed();
    on_webrtc_transport_unhandled.emit(handled.transport);
  }
  if (context_.on_closed) context_.on_closed(id());
  on_close.emit();
}

void WebRtcServer::on_worker_closed() {
  if (closed_) return;
  closed_ = true;
  const auto self = shared_from_this();
  transports_.clear();  // their routers have ended them
  on_worker_close.emit();
  on_close.emit();
}

boost::json::object WebRtcServer::save() const {
  boost::json::array transport_ids;
  for (const auto& [transport_id, handled] : transports_) transport_ids.emplace_back(transport_id);
  return {{"id", id()}, {"transportIds", std::move(transport_ids)}, {"appData", app_data}};
}

asio::awaitable<Result<boost::json::value>> WebRtcServer::dump() {
  if (closed_) co_return context_.channel->gone("the WebRtcServer");
  auto answer = request(*context_.channel, Method::WEBRTCSERVER_DUMP, id());
  const Result<Response> response = co_await std::move(answer);
  if (!response) co_return response.error();
  const auto dump = body<FBS::WebRtcServer::DumpResponse>(*response);
  if (!dump) co_return dump.error();
  co_return dump_to_json(**dump);
}

void WebRtcServer::handle_webrtc_transport(const std::shared_ptr<WebRtcTransport>& transport) {
  const std::weak_ptr<WebRtcServer> weak = weak_from_this();
  Subscription closing = transport->on_close.connect([weak, transport_id = transport->id()] {
    const auto self = weak.lock();
    if (!self) return;
    const auto found = self->transports_.extract(transport_id);
    if (!found.empty()) self->on_webrtc_transport_unhandled.emit(found.mapped().transport);
  });
  transports_.emplace(transport->id(), Handled{transport, std::move(closing)});
  on_webrtc_transport_handled.emit(transport);
}

}  // namespace carillon::mediasoup
