#include "signaling/tickets.hpp"

#include "jose/access_token.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace carillon::signaling {
namespace {

using namespace std::chrono_literals;

constexpr Time now{1'800'000'000s};
const Ticket bobs{CallId{"call-1"}, UserId{"bob"}, "subscription-1", now + 30s};

jose::Key key(char c = 'k') { return *jose::Key::from_secret(std::string(32, c)); }

TEST(Tickets, CarryWhatTheyAreFor) {
  const Tickets tickets{key()};
  const auto text = tickets.make(bobs, now);
  ASSERT_TRUE(text);
  const auto read = tickets.read(*text, now);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, bobs);
}

TEST(Tickets, CanBeAPathSegment) {
  const auto text = Tickets{key()}.make({CallId{"../?"}, UserId{"b/\xC3\xB6 b"}, "x", now}, now);
  EXPECT_EQ(text->find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."),
            std::string::npos);
}

TEST(Tickets, EndAfterADay) {
  const Tickets tickets{key()};
  const std::string text = *tickets.make(bobs, now);
  EXPECT_TRUE(tickets.read(text, now + 24h - 1ms));
  EXPECT_EQ(tickets.read(text, now + 24h).error().code, Errc::token_expired);
}

TEST(Tickets, OfAnotherServerAreNone) {
  EXPECT_EQ(Tickets{key('x')}.read(*Tickets{key()}.make(bobs, now), now).error().code, Errc::unauthorized);
}

TEST(Tickets, ThatWereChangedAreNone) {
  const Tickets tickets{key()};
  const std::string text = *tickets.make(bobs, now);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(tickets.read(changed, now)) << i;
  }
  for (const std::string& other : {std::string{}, std::string{"."}, text + "x", text.substr(1), std::string(5000, 'a')})
    EXPECT_EQ(tickets.read(other, now).error().code, Errc::unauthorized);
}

TEST(Tickets, AreNoAccessTokensNorTheReverse) {
  const Tickets tickets{key()};
  EXPECT_FALSE(jose::verify_access_token(*tickets.make(bobs, now), jose::KeySet{{key()}}, now));
  jose::Claims claims;
  claims.user = "bob";
  claims.expires_at = now + 1h;
  EXPECT_EQ(tickets.read(*jose::sign_access_token(claims, key()), now).error().code, Errc::unauthorized);
}

TEST(Tickets, ErrorsQuoteNothing) {
  const std::string secret = "eyJzZWNyZXQ";
  EXPECT_EQ(Tickets{key()}.read(secret, now).error().detail.find(secret), std::string::npos);
}

}  // namespace
}  // namespace carillon::signaling
