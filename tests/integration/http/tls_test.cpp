// TLS by the server itself: what it speaks, whom it does not wait for, and its certificate.
#include "integration/http/certificates.hpp"
#include "integration/http/server_fixture.hpp"
#include "integration/http/tls_client.hpp"

#include <gmock/gmock.h>
#include <openssl/err.h>

#include <csignal>
#include <random>

namespace carillon::http {
namespace {

using namespace std::chrono_literals;

using testing::HasSubstr;

boost::asio::awaitable<Response> answer(Response response) { co_return response; }

boost::asio::awaitable<UpgradeDecision> accept_with(std::shared_ptr<WebSocketHandler> handler) {
  co_return UpgradeDecision::accept(std::move(handler), "");
}

std::string get(std::string_view path, std::string_view fields = {}) {
  return "GET " + std::string{path} + " HTTP/1.1\r\nHost: h\r\n" + std::string{fields} + "\r\n";
}

class TlsTest : public ServerTest {
 protected:
  static void SetUpTestSuite() { std::signal(SIGPIPE, SIG_IGN); }

  ServerConfig tls_config() {
    ServerConfig config = test_config();
    config.tls = {certificates_.path("server.pem"), certificates_.path("server.key")};
    return config;
  }

  void serve(ServerConfig config) {
    start(std::move(config), [this](Server& server) {
      server.route("GET", "/hello", [](Request) { return answer(Response::text(200, "hello")); });
      server.route("POST", "/echo",
                   [](Request request) { return answer(Response::text(200, std::move(request.body))); });
      server.route("GET", "/large",
                   [](Request) { return answer(Response::text(200, std::string(8 * 1024 * 1024, 'x'))); });
      server.on_upgrade("/ws", [this](UpgradeRequest) {
        handlers_.push_back(
            std::make_shared<RecordingHandler>([](WebSocket& socket, std::string_view text) { socket.send(text); }));
        return accept_with(handlers_.back());
      });
    });
  }

  void serve() {
    certificates_.make("server");
    serve(tls_config());
  }

  std::string hello() {
    TlsClient client{port_};
    client.send(get("/hello"));
    const auto response = client.read_response();
    return response ? response->body : "closed";
  }

  /// Why a server with these files does not start.
  std::string start_error(const std::string& certificate, const std::string& key) {
    ServerConfig config = test_config();
    config.tls = {certificate.empty() ? "" : certificates_.path(certificate),
                  key.empty() ? "" : certificates_.path(key)};
    boost::asio::io_context io;
    Server server{io, config, Logger{}};
    const Result<> started = server.start();
    return started ? "started" : started.error().detail;
  }

  Certificates certificates_;
  std::vector<std::shared_ptr<RecordingHandler>> handlers_;
};

TEST_F(TlsTest, AnswersOverBothVersions) {
  serve();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client{port_, {.version_min = version, .version_max = version}};
    EXPECT_EQ(client.version(), version == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3");
    EXPECT_EQ(client.alpn(), "http/1.1");
    EXPECT_EQ(client.certificate(), "carillon.test");
    for (int i = 0; i < 3; ++i) {
      client.send(get("/hello"));
      const auto response = client.read_response();
      ASSERT_TRUE(response);
      EXPECT_EQ(response->body, "hello");
      EXPECT_EQ(response->header("strict-transport-security"), "max-age=31536000");
    }
  }
}

TEST_F(TlsTest, SaysStrictTransportOnEveryKindOfResponseAndNeverWithoutTls) {
  serve();
  for (const std::string& request :
       {get("/nothing"), std::string{"PUT /hello HTTP/1.1\r\nHost: h\r\n\r\n"}, std::string{"nonsense\r\n\r\n"}}) {
    TlsClient client{port_};
    client.send(request);
    EXPECT_EQ(client.read_response()->header("strict-transport-security"), "max-age=31536000") << request;
  }
  boost::asio::io_context io;
  Server plain{io, test_config(), Logger{}};
  plain.route("GET", "/hello", [](Request) { return answer(Response::text(200, "hello")); });
  ASSERT_TRUE(plain.start());
  std::thread thread{[&] { io.run(); }};
  {
    RawClient client{plain.ports().at(0)};
    client.send(get("/hello"));
    EXPECT_EQ(client.read_response()->header("strict-transport-security"), "");
  }
  io.stop();
  thread.join();
}

TEST_F(TlsTest, RefusesOldVersionsAndOtherProtocols) {
  serve();
  const auto refusal = [&](const TlsOffer& offer) -> std::string {
    try {
      TlsClient client{port_, offer};
      return "shaken";
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  };
  EXPECT_THAT(refusal({.version_min = TLS1_VERSION, .version_max = TLS1_VERSION}), HasSubstr("protocol version"));
  EXPECT_THAT(refusal({.version_min = TLS1_1_VERSION, .version_max = TLS1_1_VERSION}), HasSubstr("protocol version"));
  EXPECT_THAT(refusal({.alpn = "h2"}), HasSubstr("no application protocol"));
  EXPECT_EQ(refusal({.alpn = ""}), "shaken");
  EXPECT_EQ(hello(), "hello");
  EXPECT_TRUE(comes_down_to(0));
}

TEST_F(TlsTest, AgreesOnKeysByCheapGroupsAlone) {
  certificates_.make("server", {.rsa_bits = 2048});  // no curve of its own, which TLS 1.2 would have the client offer
  serve(tls_config());
  const auto group = [&](const TlsOffer& offer) -> std::string {
    try {
      TlsClient client{port_, offer};
      return SSL_group_to_name(client.ssl(), static_cast<int>(SSL_get_negotiated_group(client.ssl())));
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  };
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto with = [&](std::string groups) {
      return group({.version_min = version, .version_max = version, .groups = std::move(groups)});
    };
    EXPECT_EQ(with("X25519"), "x25519");
    EXPECT_EQ(with("P-256"), "secp256r1");
    EXPECT_EQ(with("P-384:P-256"), "secp256r1");  // of TLS 1.3, with a second hello
    for (const char* dear : {"P-384", "P-521", "X448"}) EXPECT_THAT(with(dear), HasSubstr("handshake failure")) << dear;
  }
  EXPECT_THAT(group({.version_min = TLS1_3_VERSION, .groups = "ffdhe2048"}), HasSubstr("handshake failure"));
}

TEST_F(TlsTest, TakesACertificateOnAnotherCurve) {
  certificates_.make("server", {.curve = "P-384"});
  serve(tls_config());
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client{port_, {.version_min = version, .version_max = version}};
    client.send(get("/hello"));
    EXPECT_EQ(client.read_response()->body, "hello");
  }
}

TEST_F(TlsTest, TellsWhoForgotTheSOfHttps) {
  serve();
  for (const std::string& request : {get("/hello"), get("/ws", "Upgrade: websocket\r\nConnection: Upgrade\r\n"),
                                     std::string{"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi"}}) {
    RawClient client{port_};
    client.send(request);
    const auto response = client.read_response();
    ASSERT_TRUE(response) << request;
    EXPECT_EQ(response->status, 400);
    EXPECT_EQ(response->body, "this port takes HTTPS, and this was plain HTTP\n");
    EXPECT_EQ(response->header("content-type"), "text/plain; charset=utf-8");
    EXPECT_EQ(response->header("strict-transport-security"), "");
    EXPECT_TRUE(client.is_closed_within(10s));
  }
  RawClient noise{port_};
  noise.send("\x01 no TLS, and no HTTP\r\n\r\n");
  EXPECT_EQ(noise.read_to_end().value_or("open").find("HTTP/1.1"), std::string::npos);
  EXPECT_EQ(hello(), "hello");
  EXPECT_TRUE(comes_down_to(0));
}

TEST_F(TlsTest, DoesNotRenegotiate) {
  serve();
  TlsClient client{port_, {.version_max = TLS1_2_VERSION}};
  client.send(get("/hello"));
  EXPECT_EQ(client.read_response()->status, 200);
  ERR_clear_error();
  ASSERT_EQ(SSL_renegotiate(client.ssl()), 1);
  EXPECT_LE(SSL_do_handshake(client.ssl()), 0);
  EXPECT_STREQ(ERR_reason_error_string(ERR_peek_last_error()), "no renegotiation");
}

TEST_F(TlsTest, ChangesItsKeysWhenAsked) {
  serve();
  TlsClient client{port_, {.version_min = TLS1_3_VERSION}};
  ASSERT_EQ(client.upgrade("/ws")->status, 101);
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(SSL_key_update(client.ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
    client.send_text("after");
    EXPECT_EQ(client.read_frame()->payload, "after");
  }
}

TEST_F(TlsTest, ResumesSessionsByTheirTickets) {
  serve();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient first{port_, {.version_min = version, .version_max = version}};
    first.send(get("/hello"));
    EXPECT_EQ(first.read_response()->status, 200);
    ASSERT_NE(first.ticket(), nullptr);
    EXPECT_LE(SSL_SESSION_get_ticket_lifetime_hint(first.ticket()), 7200u);
    EXPECT_EQ(SSL_SESSION_get_max_early_data(first.ticket()), 0u);
    TlsClient second{port_, {.version_min = version, .version_max = version, .session = first.ticket()}};
    EXPECT_EQ(SSL_session_reused(second.ssl()), 1);
    second.send(get("/hello"));
    EXPECT_EQ(second.read_response()->body, "hello");
  }
}

TEST_F(TlsTest, CarriesFramesOfAllSizesBothWays) {
  serve();
  TlsClient client{port_};
  ASSERT_EQ(client.upgrade("/ws")->status, 101);
  for (const std::size_t size : {0UL, 1UL, 125UL, 126UL, 16383UL, 16384UL, 16385UL, 40000UL, 65535UL, 65536UL}) {
    const std::string text(size, 'm');
    client.send_text(text);
    const auto frame = client.read_frame();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->payload, text);
  }
  for (int i = 0; i < 500; ++i) client.send_text("message " + std::to_string(i));
  for (int i = 0; i < 500; ++i) EXPECT_EQ(client.read_frame()->payload, "message " + std::to_string(i));
}

TEST_F(TlsTest, ReadsManyRecordsThatCameTogether) {
  serve();
  TlsClient client{port_};
  ASSERT_EQ(client.upgrade("/ws")->status, 101);
  // Each is two records; more of them than one turn of the server reads.
  const std::string text(30000, 'r');
  for (int i = 0; i < 20; ++i) client.send_text(text);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(client.read_frame()->payload.size(), text.size());
}

TEST_F(TlsTest, SendsALargeBodyToASlowReader) {
  serve();
  TlsClient client{port_, {}, 4096};
  client.send(get("/large"));
  EXPECT_EQ(client.read_response()->body.size(), 8u * 1024 * 1024);
}

TEST_F(TlsTest, ClosesAReaderThatDoesNotRead) {
  serve();
  TlsClient client{port_, {}, 4096};
  ASSERT_EQ(client.upgrade("/ws")->status, 101);
  const auto socket = handlers_.at(0)->socket();
  on_loop([&] {
    for (int i = 0; i < 30; ++i) socket->send(std::string(60000, 'x'));
  });
  EXPECT_EQ(handlers_.at(0)->wait_closed()->code, close_code::policy_violation);
}

TEST_F(TlsTest, TakesABodyThatComesInManyRecords) {
  serve();
  TlsClient client{port_};
  client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 65536\r\n\r\n");
  for (int i = 0; i < 64; ++i) client.send(std::string(1024, static_cast<char>('a' + i % 26)));
  EXPECT_EQ(client.read_response()->body.size(), 65536u);
}

TEST_F(TlsTest, SaysThatItCloses) {
  serve();
  TlsClient client{port_};
  client.send(get("/hello", "Connection: close\r\n"));
  EXPECT_EQ(client.read_response()->body, "hello");
  EXPECT_TRUE(client.is_closed_within(10s));
  EXPECT_TRUE(client.has_close_notify());
}

TEST_F(TlsTest, EndsWithWhoEndsTlsAndNotTcp) {
  ServerConfig config = tls_config();
  config.keep_alive_timeout = 1h;
  certificates_.make("server");
  serve(config);
  TlsClient kept{port_};
  kept.send(get("/hello"));
  EXPECT_EQ(kept.read_response()->status, 200);
  TlsClient socket{port_};
  ASSERT_EQ(socket.upgrade("/ws")->status, 101);
  kept.shutdown_send();
  socket.send_text("last");
  socket.shutdown_send();
  EXPECT_TRUE(comes_down_to(0));
  EXPECT_EQ(handlers_.at(0)->wait_closed()->code, close_code::abnormal);
  EXPECT_EQ(handlers_.at(0)->wait_messages(1), std::vector<std::string>{"last"});
}

TEST_F(TlsTest, WaitsForTheHandshakeAndTheFirstRequestNoLongerThanForARequest) {
  ServerConfig config = tls_config();
  config.header_timeout = 600ms;
  certificates_.make("server");
  serve(config);
  const auto begin = std::chrono::steady_clock::now();
  RawClient silent{port_};
  RawClient drip{port_};
  TlsClient shaken{port_};
  TlsClient half{port_};
  half.send("GET /hello HTTP/1.1\r\n");
  // The head of a record with 512 bytes to come, one byte at a time.
  const std::string hello_bytes("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
  for (const char byte : hello_bytes) {
    drip.send(std::string_view{&byte, 1});
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_EQ(silent.read_to_end(), "");
  EXPECT_EQ(drip.read_to_end(), "");
  EXPECT_EQ(shaken.read_to_end(), "");
  EXPECT_EQ(half.read_response()->status, 408);
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_GT(took, 500ms);
  EXPECT_LT(took, 3s);
  EXPECT_TRUE(comes_down_to(0));
}

TEST_F(TlsTest, SurvivesWhatIsNoTls) {
  serve();
  std::mt19937 random{20261123};
  const std::string offer = [&] {
    SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
    SSL* const ssl = SSL_new(context);
    BIO* const out = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), out);
    SSL_connect(ssl);
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(out, &bytes);
    std::string copy(bytes, static_cast<std::size_t>(size));
    SSL_free(ssl);
    SSL_CTX_free(context);
    return copy;
  }();
  for (int i = 0; i < 300; ++i) {
    std::string bytes = offer;
    for (int edit = 0; edit <= i % 4; ++edit) bytes[random() % bytes.size()] = static_cast<char>(random());
    if (i % 5 == 0) bytes.resize(random() % bytes.size());
    if (i % 7 == 0) bytes = get("/hello");
    RawClient client{port_};
    client.send(bytes);
    if (i % 3 == 0) {
      client.reset();
    } else {
      client.shutdown_send();
      EXPECT_TRUE(client.is_closed_within(10s));
    }
  }
  EXPECT_TRUE(comes_down_to(0));
  EXPECT_EQ(hello(), "hello");
}

TEST_F(TlsTest, ShowsARenewedCertificateToNewConnectionsAndKeepsTheOldOnes) {
  serve();
  std::vector<std::unique_ptr<TlsClient>> old;
  for (int i = 0; i < 20; ++i) {
    old.push_back(std::make_unique<TlsClient>(port_));
    ASSERT_EQ(old.back()->upgrade("/ws")->status, 101);
  }
  const auto alive = [&] {
    for (const auto& client : old) {
      client->send_text("alive");
      const auto frame = client->read_frame();
      if (!frame || frame->payload != "alive") return false;
    }
    return true;
  };
  const auto expires = *on_loop([&] { return server_->certificate_expires(); });

  certificates_.make("renewed", {.common_name = "renewed.test", .lifetime = 24h * 200});
  certificates_.copy("renewed.pem", "server.pem");
  // The new certificate with the old key, as between two writes of a renewal.
  const Result<> half = on_loop([&] { return server_->reload_certificates(); });
  ASSERT_FALSE(half);
  EXPECT_THAT(half.error().detail, HasSubstr(certificates_.path("server.key")));
  EXPECT_EQ(TlsClient{port_}.certificate(), "carillon.test");
  EXPECT_EQ(on_loop([&] { return server_->certificate_expires(); }), expires);

  certificates_.copy("renewed.key", "server.key");
  ASSERT_TRUE(on_loop([&] { return server_->reload_certificates(); }));
  EXPECT_EQ(TlsClient{port_}.certificate(), "renewed.test");
  EXPECT_GT(on_loop([&] { return server_->certificate_expires(); }), expires + 24h * 100);
  EXPECT_TRUE(alive());
  EXPECT_EQ(old.front()->certificate(), "carillon.test");
  EXPECT_EQ(counts().web_sockets, 20u);

  certificates_.write("server.pem", "broken");
  EXPECT_FALSE(on_loop([&] { return server_->reload_certificates(); }));
  EXPECT_EQ(TlsClient{port_}.certificate(), "renewed.test");
  EXPECT_TRUE(alive());
}

TEST_F(TlsTest, RefusesToStartWithFilesThatAreNoPairAndNamesTheFile) {
  certificates_.make("server");
  certificates_.make("other");
  certificates_.make("locked", {.passphrase = "secret"});
  certificates_.make("weak", {.rsa_bits = 1024});
  certificates_.make("rsa", {.rsa_bits = 2048});
  certificates_.write("empty.pem", "");
  certificates_.write("text.pem", "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n");
  struct Case {
    std::string certificate, key, file, expected;
  };
  for (const Case& one : std::vector<Case>{
           {"server.pem", "other.key", "other.key", ": expected the private key of the certificate in "},
           {"server.pem", "rsa.key", "rsa.key", ": expected the private key of the certificate in "},
           {"nowhere.pem", "server.key", "nowhere.pem", "cannot read the file "},
           {"server.pem", "nowhere.key", "nowhere.key", "cannot read the file "},
           {"", "server.key", "", "expected a certificate file and a key file"},
           {"server.pem", "", "", "expected a certificate file and a key file"},
           {"empty.pem", "server.key", "empty.pem", ""},
           {"text.pem", "server.key", "text.pem", ": expected a certificate in PEM"},
           {"server.key", "server.key", "server.key", ": expected a certificate in PEM"},
           {"server.pem", "server.pem", "server.pem", ": expected a private key in PEM"},
           {"locked.pem", "locked.key", "locked.key", ": expected a private key in PEM, without a passphrase"},
           {"weak.pem", "weak.key", "weak.pem", "key too small"},
       }) {
    const std::string error = start_error(one.certificate, one.key);
    EXPECT_THAT(error, HasSubstr(one.expected));
    EXPECT_THAT(error, HasSubstr(one.file));
  }
  EXPECT_EQ(start_error("server.pem", "server.key"), "started");
  EXPECT_EQ(start_error("rsa.pem", "rsa.key"), "started");
}

TEST_F(TlsTest, KnowsWhenItsCertificateEndsAndSaysSoInTime) {
  certificates_.make("good", {.lifetime = 24h * 15});
  certificates_.make("late", {.lifetime = 24h * 13 + 12h});
  certificates_.make("over", {.lifetime = -60s});
  const auto log_of = [&](const std::string& name) {
    ServerConfig config = test_config();
    config.tls = {certificates_.path(name + ".pem"), certificates_.path(name + ".key")};
    boost::asio::io_context io;
    Server server{io, config, Logger{}};
    testing::internal::CaptureStderr();
    EXPECT_TRUE(server.start());
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_TRUE(server.certificate_expires());
    return log;
  };
  EXPECT_EQ(log_of("good"), "");
  EXPECT_THAT(log_of("late"),
              HasSubstr("warning the TLS certificate expires in 13 days: " + certificates_.path("late")));
  EXPECT_THAT(log_of("over"), HasSubstr("error the TLS certificate has expired: " + certificates_.path("over")));

  certificates_.make("server", {.lifetime = 1h});
  testing::internal::CaptureStderr();
  serve(tls_config());
  const Time expires = *on_loop([&] { return server_->certificate_expires(); });
  testing::internal::GetCapturedStderr();
  const auto left = expires - std::chrono::system_clock::now();
  EXPECT_GT(left, 58min);
  EXPECT_LT(left, 62min);
  boost::asio::io_context io;
  Server plain{io, test_config(), Logger{}};
  ASSERT_TRUE(plain.start());
  EXPECT_EQ(plain.certificate_expires(), std::nullopt);
  EXPECT_TRUE(plain.reload_certificates());
}

TEST_F(TlsTest, LeavesNothingBehindAfterManyConnections) {
  serve();
  for (int i = 0; i < 100; ++i) {
    TlsClient client{port_};
    ASSERT_EQ(client.upgrade("/ws")->status, 101);
    client.send_text("x");
    EXPECT_EQ(client.read_frame()->payload, "x");
    if (i % 3 == 0) client.reset();
    if (i % 3 == 1) client.send_frame(0x88, "\x03\xe8");
  }
  EXPECT_TRUE(comes_down_to(0));
  for (const auto& handler : handlers_) EXPECT_TRUE(handler->wait_closed());
}

}  // namespace
}  // namespace carillon::http
