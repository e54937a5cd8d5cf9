// Typed requests, notifications and answers over a Channel. Pulls in all of the generated FlatBuffers headers (slow to
// compile): include it from .cpp files only.
//
//   auto answer = request(*channel_, Method::TRANSPORT_PRODUCE, id_, [&](Builder& b) { return CreateProduceRequest(b,
//   ...); }); Result<Response> response = co_await std::move(answer);            // its own line: CONTRIBUTING.md
//   if (!response) co_return response.error();
//   auto produced = body<FBS::Transport::ProduceResponse>(*response);   // Result<const ProduceResponse*>
#pragma once

#include "mediasoup/channel/channel.hpp"

#include <FBS/message.h>

namespace carillon::mediasoup {

using Builder = flatbuffers::FlatBufferBuilder;
using FBS::Request::Method;
using NotificationEvent = FBS::Notification::Event;

namespace detail {

template <class Body, class Write>
WriteBody request_body(Write& write) {
  return [&write](Builder& builder) {
    const flatbuffers::Offset<Body> offset = write(builder);
    return WrittenBody{static_cast<std::uint8_t>(FBS::Request::BodyTraits<Body>::enum_value), offset.o};
  };
}

template <class Body, class Write>
WriteBody notification_body(Write& write) {
  return [&write](Builder& builder) {
    const flatbuffers::Offset<Body> offset = write(builder);
    return WrittenBody{static_cast<std::uint8_t>(FBS::Notification::BodyTraits<Body>::enum_value), offset.o};
  };
}

template <class T>
struct OffsetTarget;
template <class T>
struct OffsetTarget<flatbuffers::Offset<T>> {
  using type = T;
};
/// The table that a body writer makes, found from what it returns.
template <class Write>
using BodyOf = typename OffsetTarget<std::invoke_result_t<Write&, Builder&>>::type;

}  // namespace detail

/// `write` runs before this returns, so it may capture by reference.
template <class Write>
[[nodiscard]] asio::awaitable<Result<Response>> request(Channel& channel, Method method, std::string_view handler_id,
                                                        Write&& write) {
  return channel.request(method, handler_id, detail::request_body<detail::BodyOf<Write>>(write));
}
[[nodiscard]] inline asio::awaitable<Result<Response>> request(Channel& channel, Method method,
                                                               std::string_view handler_id) {
  return channel.request(method, handler_id);
}

template <class Write>
void tell(Channel& channel, Method method, std::string_view handler_id, Write&& write) {
  channel.tell(method, handler_id, detail::request_body<detail::BodyOf<Write>>(write));
}

template <class Write>
Result<> notify(Channel& channel, NotificationEvent event, std::string_view handler_id, Write&& write) {
  return channel.notify(event, handler_id, detail::notification_body<detail::BodyOf<Write>>(write));
}

/// The body of an answer, or `internal` when the worker sent another kind. Lives as long as the response.
template <class T>
[[nodiscard]] Result<const T*> body(const Response& response) {
  if (response.root().body_type() != FBS::Response::BodyTraits<T>::enum_value || response.root().body() == nullptr) {
    return fail(Errc::internal, std::string{"the worker answered with an unexpected body: "} +
                                    FBS::Response::EnumNameBody(response.root().body_type()));
  }
  return static_cast<const T*>(response.root().body());
}

/// The body of a notification, or nullptr when it is of another kind.
template <class T>
[[nodiscard]] const T* body(const Notification& notification) {
  if (notification.root().body_type() != FBS::Notification::BodyTraits<T>::enum_value) return nullptr;
  return static_cast<const T*>(notification.root().body());
}

}  // namespace carillon::mediasoup
