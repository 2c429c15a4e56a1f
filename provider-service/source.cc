#include "provider-service/source.h"

#include "base/async/worker.h"
#include "provider-service/upstream_span.h"

namespace wayleave::provider {
namespace {

constexpr std::chrono::milliseconds kPace{15};

std::string AcceptFor(const UpstreamCall& call) {
  if (!call.accept.empty()) return call.accept;
  return call.events ? "text/event-stream" : "application/json";
}

class HttpSource : public Source {
 public:
  HttpSource(Provider& provider, http::ConnectionPool& pool, const v1::GenerateRequest& request,
             const UpstreamCall& call, http::ClientTimeouts timeouts, std::optional<std::size_t> key,
             const trace::Context& parent)
      : provider_(provider),
        call_(call),
        target_(provider.Target(call.path)),
        span_(parent, provider, request.model(), target_),
        headers_(span_.Announced(provider.HeadersFor(request, AcceptFor(call), key))),
        exchange_(pool, provider.origin, timeouts) {}

  Task<Result<http::ResponseHead>> Open() override {
    const http::ClientRequest request{"POST", target_, &headers_, &call_.body.pieces()};
    Result<http::ResponseHead> head = co_await exchange_.Send(request);
    provider_.metrics.Connected(exchange_.connects(), exchange_.connect_failed());
    span_.Head(head);
    co_return head;
  }

  Task<Result<http::Exchange::Body>> Read(std::string& append, std::chrono::milliseconds quiet) override {
    return span_.recording() ? ReadTraced(append, quiet) : exchange_.ReadBody(append, quiet);
  }

  bool HasEarly() const override { return exchange_.has_early(); }
  std::chrono::steady_clock::time_point SentAt() const override { return exchange_.sent_at(); }
  void Release() override {
    span_.End();
    exchange_.Release();
  }
  void Cancel() override {
    span_.Cancel();
    exchange_.Cancel();
  }

 private:
  Task<Result<http::Exchange::Body>> ReadTraced(std::string& append, std::chrono::milliseconds quiet) {
    Result<http::Exchange::Body> read = co_await exchange_.ReadBody(append, quiet);
    span_.Body(read);
    co_return read;
  }

  Provider& provider_;
  const UpstreamCall& call_;
  const std::string target_;
  UpstreamSpan span_;
  const http::ClientHeaders headers_;
  http::Exchange exchange_;
};

class ScriptSource : public Source {
 public:
  ScriptSource(const UpstreamCall& call, bool paced) : call_(call), paced_(paced) {}

  Task<Result<http::ResponseHead>> Open() override {
    http::ResponseHead head;
    head.status = 200;
    head.headers = {{"content-type", call_.events ? "text/event-stream" : "application/json"}};
    co_return head;
  }

  Task<Result<http::Exchange::Body>> Read(std::string& append, std::chrono::milliseconds) override {
    if (next_ == call_.script.size()) co_return http::Exchange::Body::kEnd;
    if (paced_ && next_ > 0) co_await Sleep(kPace);
    if (cancelled_) co_return Error{Code::kCancelled, "cancelled", "cancelled"};
    append += call_.script[next_++];
    co_return http::Exchange::Body::kMore;
  }

  bool HasEarly() const override { return false; }
  std::chrono::steady_clock::time_point SentAt() const override { return opened_; }
  void Release() override {}
  void Cancel() override { cancelled_ = true; }

 private:
  const UpstreamCall& call_;
  const bool paced_;
  const std::chrono::steady_clock::time_point opened_ = std::chrono::steady_clock::now();
  std::size_t next_ = 0;
  bool cancelled_ = false;
};

}  // namespace

std::unique_ptr<Source> MakeHttpSource(Provider& provider, http::ConnectionPool& pool,
                                       const v1::GenerateRequest& request, const UpstreamCall& call,
                                       http::ClientTimeouts timeouts, std::optional<std::size_t> key,
                                       const trace::Context& parent) {
  return std::make_unique<HttpSource>(provider, pool, request, call, timeouts, key, parent);
}

std::unique_ptr<Source> MakeScriptSource(const UpstreamCall& call, bool paced) {
  return std::make_unique<ScriptSource>(call, paced);
}

}  // namespace wayleave::provider
