#include "gateway/spans.h"

#include <gmock/gmock.h>

#include "base/trace/tracer.h"
#include "tests/base/trace_reader.h"
#include "tests/gateway/gateway_fixture.h"
#include "tests/provider-service/fake_upstream.h"

namespace wayleave::gateway {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;
using wayleave::testing::FakeUpstream;
using wayleave::testing::ReadSpan;
using wayleave::testing::TraceReader;

constexpr const char* kCaller = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n";

// The gateway with a tracer and a collector.
class SpansTest : public GatewayTest {
 protected:
  SpansTest() {
    collector_.Then(wayleave::testing::Script().Send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    tracing_.sampling = 1;
    tracing_.exporter.url = http::ParseUrl(collector_.url() + "/v1/traces").value();
  }

  void StartTraced() {
    tracer_.emplace(tracing_, "wayleave-gateway", registry_);
    JournalConfig journal;
    journal.directory = directory_ + "/journal";
    gateway_ = std::make_unique<Gateway>(config_, workers_, Ports{auth_, router_, provider_},
                                         std::move(Journal::Recover(journal, registry_).value()), registry_, &*tracer_);
    port_ = gateway_->Start().value();
  }

  // Ends the gateway; its spans in the order in which they ended.
  std::vector<ReadSpan> Spans() {
    Stop();
    tracer_->Stop(std::chrono::seconds(20));
    std::vector<ReadSpan> spans;
    for (const auto& request : collector_.requests()) {
      for (ReadSpan& span : TraceReader::Read(request.body).spans) spans.push_back(std::move(span));
    }
    return spans;
  }

  static std::vector<std::string> Names(const std::vector<ReadSpan>& spans) {
    std::vector<std::string> names;
    for (const ReadSpan& span : spans) names.push_back(span.name);
    return names;
  }
  static const ReadSpan& Of(const std::vector<ReadSpan>& spans, const std::string& name) {
    for (const ReadSpan& span : spans) {
      if (span.name == name) return span;
    }
    throw std::runtime_error("no span " + name);
  }

  FakeUpstream collector_;
  trace::Config tracing_;
  std::optional<trace::Tracer> tracer_;
};

TEST_F(SpansTest, ARequestIsASpanWithOneForEachQuestion) {
  StartTraced();

  Ask(Responses(true, kCaller));

  const auto spans = Spans();
  EXPECT_THAT(Names(spans), UnorderedElementsAre("authenticate", "route", "reserve", "chat alpha-model", "settle",
                                                 "POST /v1/responses"));
  const ReadSpan& request = Of(spans, "POST /v1/responses");
  EXPECT_EQ(request.kind, 2u);
  EXPECT_EQ(request.parent_id, std::string("\xb7\xad\x6b\x71\x69\x20\x33\x31", 8));
  for (const ReadSpan& span : spans) {
    EXPECT_EQ(span.trace_id, request.trace_id) << span.name;
    if (&span == &request) continue;
    EXPECT_EQ(span.parent_id, request.span_id) << span.name;
  }
  EXPECT_THAT(request.attributes, Contains(Pair("http.request.method", "POST")));
  EXPECT_THAT(request.attributes, Contains(Pair("http.route", "/v1/responses")));
  EXPECT_THAT(request.attributes, Contains(Pair("http.response.status_code", "200")));
  EXPECT_THAT(request.attributes, Contains(Pair("server.address", "a")));
  EXPECT_THAT(request.attributes, Contains(Pair("wayleave.outcome", "completed")));
  EXPECT_THAT(request.attributes, Contains(Pair("wayleave.model", "big")));
  EXPECT_EQ(request.status, 0u);
}

TEST_F(SpansTest, ForWhoHasNoLimitsNothingIsReserved) {
  auth_.policy.set_unmetered(true);
  StartTraced();

  Ask(Responses(true));

  EXPECT_THAT(Names(Spans()), UnorderedElementsAre("authenticate", "route", "chat alpha-model", "settle",
                                                   "POST /v1/responses"));
}

TEST_F(SpansTest, AnAttemptIsToldInTheWordsForModels) {
  StartTraced();

  Ask(Responses(true));

  const auto spans = Spans();
  const ReadSpan& attempt = Of(spans, "chat alpha-model");
  EXPECT_EQ(attempt.kind, 3u);
  EXPECT_THAT(attempt.events, ::testing::ElementsAre("first_event"));
  EXPECT_THAT(attempt.attributes, Contains(Pair("gen_ai.operation.name", "chat")));
  EXPECT_THAT(attempt.attributes, Contains(Pair("gen_ai.provider.name", "alpha")));
  EXPECT_THAT(attempt.attributes, Contains(Pair("gen_ai.request.model", "alpha-model")));
  EXPECT_THAT(attempt.attributes, Contains(Pair("gen_ai.response.model", "alpha-model")));
  EXPECT_THAT(attempt.attributes, Contains(Pair("gen_ai.usage.input_tokens", "100")));
  EXPECT_THAT(attempt.attributes, Contains(Pair("gen_ai.usage.output_tokens", "20")));
  EXPECT_THAT(attempt.attributes, Contains(Pair("gen_ai.response.finish_reasons", "[stop]")));
}

TEST_F(SpansTest, ThoseWhoAreAskedGetTheirQuestionsSpan) {
  StartTraced();

  Ask(Responses(true));

  const auto spans = Spans();
  const trace::Context asked = provider_.context(0).trace;
  EXPECT_EQ(std::string(asked.span_id.begin(), asked.span_id.end()), Of(spans, "chat alpha-model").span_id);
}

TEST_F(SpansTest, ARefusalEndsWhereItHappened) {
  router_.refusal = Error{Code::kNotFound, "There is no model big.", "model_not_found", {}};
  StartTraced();

  Ask(Responses(true));

  const auto spans = Spans();
  EXPECT_THAT(Names(spans), UnorderedElementsAre("authenticate", "route", "POST /v1/responses"));
  EXPECT_EQ(Of(spans, "route").status, 2u);
  EXPECT_THAT(Of(spans, "route").attributes, Contains(Pair("error.type", "model_not_found")));
  const ReadSpan& request = Of(spans, "POST /v1/responses");
  EXPECT_THAT(request.attributes, Contains(Pair("http.response.status_code", "404")));
  EXPECT_THAT(request.attributes, Contains(Pair("wayleave.error_code", "model_not_found")));
  EXPECT_EQ(request.status, 0u);  // the client's fault
}

TEST_F(SpansTest, OtherPathsAreNamedByTheirTemplate) {
  StartTraced();

  Ask(Request("GET", "/v1/models/secret-name"));
  Ask(Request("GET", "/somewhere/else"));

  EXPECT_THAT(Names(Spans()), UnorderedElementsAre("GET /v1/models/{id}", "GET"));
}

TEST_F(SpansTest, WhatTheCallerDoesNotTraceIsNotTraced) {
  StartTraced();

  Ask(Responses(true, "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00\r\n"));

  EXPECT_EQ(trace::Traceparent(provider_.context(0).trace), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00");
  EXPECT_THAT(Spans(), IsEmpty());
}

TEST_F(SpansTest, TwoTraceparentsAreNone) {
  StartTraced();

  Ask(Responses(true, std::string(kCaller) + kCaller));

  EXPECT_EQ(Of(Spans(), "POST /v1/responses").parent_id, "");
}

}  // namespace
}  // namespace wayleave::gateway
