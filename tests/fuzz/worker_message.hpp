// Reads a message of the worker the way the objects of src/mediasoup do: every reader of src/mediasoup/fbs that its
// body has.
#pragma once

namespace FBS::Response {
struct Response;
}
namespace FBS::Notification {
struct Notification;
}

namespace carillon::fuzz {

void read_body(const FBS::Response::Response& response);
void read_body(const FBS::Notification::Notification& notification);

}  // namespace carillon::fuzz
