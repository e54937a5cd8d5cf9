#include "push/sender.hpp"

#include "push/backoff.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <vector>

namespace carillon::push {
namespace {

/// What a failed request says about the push.
Verdict verdict_of(const Error& error) {
  switch (error.code) {
    case Errc::timeout: return {Outcome::again, {}, "no answer"};
    case Errc::unavailable: return {Outcome::again, {}, "no connection"};
    case Errc::not_found: return {Outcome::again, {}, "no address"};
    case Errc::forbidden: return {Outcome::refused, {}, "refused address"};
    default: return {Outcome::refused, {}, "refused"};
  }
}

}  // namespace

Verdict Sender::expired(const Job& job) {
  return {Outcome::expired, {}, job.why.empty() ? "expired" : "expired, " + job.why};
}

Sender::Sender(boost::asio::any_io_executor executor, const Clock& clock, Random& random, fetch::Client& client,
               Logger log)
    : executor_{std::move(executor)},
      clock_{clock},
      random_{random},
      client_{client},
      log_{std::move(log)},
      timer_{executor_} {}

Sender::~Sender() {
  for (const auto& [name, lane] : lanes_) {
    for (const auto& job : lane) {
      if (job->under_way) client_.abandon(*job->under_way);
    }
  }
  for (const auto& [type, login] : logins_) {
    if (login.under_way) client_.abandon(*login.under_way);
  }
}

void Sender::add(std::unique_ptr<Provider> provider) {
  const std::string type{provider->type()};
  logins_[type].provider = std::move(provider);
}

Provider* Sender::find(std::string_view type) const {
  const auto found = logins_.find(type);
  return found == logins_.end() ? nullptr : found->second.provider.get();
}

void Sender::send(const std::string& lane, Target target, Message message, Done done) {
  auto job = std::make_shared<Job>(Job{std::move(target), std::move(message), std::move(done)});
  std::string why;
  if (find(job->target.type) == nullptr) why = "off";
  if (size_ >= messages_max) why = "overloaded";
  if (job->message.kind != Kind::ring) {
    const bool never_rang = drop_rings(lane, job->message.call, clock_.now());
    if (never_rang && job->message.kind == Kind::end) why = "never rang";
  }
  if (!why.empty()) {
    const Verdict no{Outcome::refused, {}, why};
    boost::asio::post(executor_, [job, no] { job->done(no); });
  } else {
    ++size_;
    lanes_[lane].push_back(std::move(job));
  }
  pump(lane);
}

void Sender::drop(const std::string& lane, const CallId& call) {
  (void)drop_rings(lane, call, clock_.now());
  pump(lane);
}

/// What rings for this call must not go out any more.
bool Sender::drop_rings(const std::string& name, const CallId& call, Time now) {
  const auto lane = lanes_.find(name);
  if (lane == lanes_.end()) return false;
  bool never_tried = false;
  std::erase_if(lane->second, [&](const std::shared_ptr<Job>& job) {
    if (job->message.kind != Kind::ring || job->message.call != call) return false;
    if (job->under_way) {
      if (!job->give_up_at) wake_at(job->give_up_at.emplace(now + end_waits), name);
      return false;
    }
    never_tried = never_tried || job->tries == 0;
    --size_;
    boost::asio::post(executor_, [job] { job->done(expired(*job)); });
    return true;
  });
  return never_tried;
}

/// Starts what can be started in this lane.
void Sender::pump(const std::string& name) {
  const auto found = lanes_.find(name);
  if (found == lanes_.end()) return;
  const Time now = clock_.now();
  std::optional<Time> wake;
  if (const std::shared_ptr<Job> job = next_of(found->second, now, wake)) {
    if (job->message.expires_at <= now) return finish(name, job, expired(*job));
    Login& login = logins_.find(job->target.type)->second;
    if (log_in(login, name, now)) return start(name, job, login, now);
    job->why = "no access";
    wake = job->message.expires_at;
  }
  if (wake) wake_at(*wake, name);
  if (found->second.empty()) lanes_.erase(found);
}

/// The first that may go now; nullptr: one is under way, or all wait. A message that waits to be tried again lets those
/// of other calls pass. Gives up what an end has waited for long enough.
std::shared_ptr<Sender::Job> Sender::next_of(Lane& lane, Time now, std::optional<Time>& wake) {
  std::vector<CallId> waiting;
  for (const std::shared_ptr<Job>& job : lane) {
    if (job->under_way) {
      if (!job->give_up_at || *job->give_up_at > now) return nullptr;
      client_.abandon(*std::exchange(job->under_way, std::nullopt));
      job->message.expires_at = now;
      job->why = "no answer";
      return job;
    }
    const bool must_wait = job->not_before > now && job->message.expires_at > now;
    if (!must_wait && std::ranges::find(waiting, job->message.call) == waiting.end()) return job;
    waiting.push_back(job->message.call);
    if (must_wait) wake = std::min(wake.value_or(job->not_before), job->not_before);
  }
  return nullptr;
}

bool Sender::log_in(Login& login, const std::string& lane, Time now) {
  if (!login.under_way && login.not_before <= now) {
    auto wanted = login.provider->login(clock_.wall());
    if (wanted && !*wanted) return true;
    if (!wanted) {
      log_.error("push: no access to {}: {}", login.provider->type(), wanted.error().detail);
      login.not_before = now + longest_wait;
    } else {
      (*wanted)->timeout = request_timeout;
      login.under_way = client_.start(
          std::move(**wanted), [this, &login](const Result<fetch::Response>& answer) { on_login(login, answer); });
    }
  }
  login.lanes.insert(lane);
  if (!login.under_way) wake_at(login.not_before, lane);
  return false;
}

void Sender::on_login(Login& login, const Result<fetch::Response>& answer) {
  const Time now = clock_.now();
  login.under_way.reset();
  const Result<> proven = answer ? login.provider->logged_in(*answer, clock_.wall()) : Result<>{answer.error()};
  if (proven) {
    login.tries = 0;
  } else {
    log_.error("push: no access to {}: {}", login.provider->type(), proven.error().detail);
    login.not_before = next_try(++login.tries, {}, now, Time::max(), random_).value_or(now + longest_wait);
  }
  for (const std::string& lane : std::exchange(login.lanes, {})) pump(lane);
}

void Sender::start(const std::string& lane, const std::shared_ptr<Job>& job, Login& login, Time now) {
  Message by_wall = job->message;  // providers sign times, and compare with times that others have signed
  by_wall.expires_at += clock_.ahead();
  Result<fetch::Request> request = login.provider->request(job->target, by_wall, clock_.wall());
  if (!request) return finish(lane, job, verdict_of(request.error()));
  request->timeout = std::min(request_timeout, job->message.expires_at - now);
  ++job->tries;
  job->proof = login.proof;
  job->under_way = client_.start(
      std::move(*request), [this, lane, job](const Result<fetch::Response>& answer) { on_answer(lane, job, answer); });
}

void Sender::on_answer(const std::string& lane, const std::shared_ptr<Job>& job,
                       const Result<fetch::Response>& answer) {
  const Time now = clock_.now();
  job->under_way.reset();
  Login& login = logins_.find(job->target.type)->second;
  Verdict verdict = answer ? login.provider->judge(*answer, clock_.wall()) : verdict_of(answer.error());
  const bool is_over = job->give_up_at.has_value();  // its ring is over
  if (verdict.outcome == Outcome::renew && !job->renewed && !is_over) {
    job->renewed = true;
    if (job->proof == login.proof) {  // else another push has found it out before
      login.provider->forget_login();
      ++login.proof;
    }
    return pump(lane);
  }
  if (verdict.outcome == Outcome::again && !is_over && job->tries < tries_max) {
    if (const auto at = next_try(job->tries, verdict.wait, now, job->message.expires_at, random_)) {
      job->not_before = *at;
      job->why = verdict.why;
      return pump(lane);
    }
  }
  finish(lane, job, std::move(verdict));
}

void Sender::finish(const std::string& lane, const std::shared_ptr<Job>& job, Verdict verdict) {
  if (verdict.outcome == Outcome::again || verdict.outcome == Outcome::renew) verdict.outcome = Outcome::refused;
  std::erase(lanes_.at(lane), job);
  --size_;
  if (verdict.outcome == Outcome::gone) drop_all(lane, job->target, verdict);
  // Later, so that whoever calls us is not called by us meanwhile.
  boost::asio::post(executor_, [job, verdict = std::move(verdict)] { job->done(verdict); });
  pump(lane);
}

void Sender::drop_all(const std::string& lane, const Target& target, const Verdict& verdict) {
  std::erase_if(lanes_.at(lane), [&](const std::shared_ptr<Job>& job) {
    if (job->target != target) return false;
    --size_;
    boost::asio::post(executor_, [job, verdict] { job->done(verdict); });
    return true;
  });
}

// ---- Time ------------------------------------------------------------------------------------------------------

void Sender::wake_at(Time time, const std::string& lane) {
  const bool is_first = due_.empty() || time < due_.begin()->first;
  due_.emplace(time, lane);
  if (is_first) arm();
}

void Sender::arm() {
  if (due_.empty()) return;
  timer_.expires_after(std::max(Duration{0}, due_.begin()->first - clock_.now()));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) tick();
  });
}

void Sender::tick() {
  const Time now = clock_.now();
  while (!due_.empty() && due_.begin()->first <= now) {
    const std::string lane = due_.extract(due_.begin()).value().second;
    pump(lane);
  }
  arm();
}

}  // namespace carillon::push
