#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/trace/tracer.h"
#include "tests/base/trace_reader.h"
#include "tests/provider-service/harness.h"

namespace wayleave::provider {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;
using wayleave::testing::AskOptions;
using wayleave::testing::FakeUpstream;
using wayleave::testing::Harness;
using wayleave::testing::ReadSpan;
using wayleave::testing::RequestFor;
using wayleave::testing::Script;
using wayleave::testing::TraceReader;

constexpr const char* kCaller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

class ProviderTraceTest : public ::testing::Test {
 protected:
  ProviderTraceTest() {
    collector_.Then(Script().Send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    trace::Config config;
    config.sampling = 1;
    config.exporter.url = http::ParseUrl(collector_.url() + "/v1/traces").value();
    tracer_.emplace(config, "wayleave-provider", registry_);
    upstream_.Then(Script::Json(200, R"({"id":"1","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},)"
                                     R"("finish_reason":"stop"}]})"));
  }

  void Ask(const trace::Context& parent, const std::string& more = "") {
    Harness harness("providers: {one: {type: openai-compatible, dialect: chat, base_url: '" + upstream_.url() +
                    "/v1', api_key: s3cret, query: {code: s3cret}" + more + "}}");
    auto request = RequestFor(v1::ENDPOINT_CHAT_COMPLETIONS, "one", false);
    (*request.mutable_headers())["traceparent"] = "00-ffffffffffffffffffffffffffffffff-ffffffffffffffff-01";
    AskOptions options;
    options.trace = parent;
    harness.Ask(request, options);
  }

  std::vector<ReadSpan> Spans() {
    tracer_->Stop(std::chrono::seconds(20));
    std::vector<ReadSpan> spans;
    for (const auto& request : collector_.requests()) {
      for (ReadSpan& span : TraceReader::Read(request.body).spans) spans.push_back(std::move(span));
    }
    return spans;
  }

  static std::string Hex(const std::string& bytes) {
    std::string text;
    for (const unsigned char byte : bytes) {
      text += "0123456789abcdef"[byte >> 4];
      text += "0123456789abcdef"[byte & 15];
    }
    return text;
  }

  FakeUpstream collector_;
  FakeUpstream upstream_;
  metrics::Registry registry_{"provider"};
  std::optional<trace::Tracer> tracer_;
};

TEST_F(ProviderTraceTest, TheUpstreamIsToldTheSpanOfItsRequest) {
  Ask(tracer_->Join(trace::Parse(kCaller)), ", forward_headers: [traceparent]");

  const auto spans = Spans();
  ASSERT_THAT(spans, SizeIs(1));
  EXPECT_EQ(spans[0].name, "POST /v1/chat/completions");
  EXPECT_EQ(spans[0].kind, 3u);
  EXPECT_EQ(Hex(spans[0].parent_id), "b7ad6b7169203331");
  ASSERT_THAT(upstream_.requests(), SizeIs(1));
  const std::string head = upstream_.requests()[0].head;
  EXPECT_THAT(head, HasSubstr("traceparent: 00-0af7651916cd43dd8448eb211c80319c-" + Hex(spans[0].span_id) + "-01\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("ffffffff")));
  EXPECT_THAT(spans[0].attributes, Contains(Pair("http.response.status_code", "200")));
  EXPECT_THAT(spans[0].attributes, Contains(Pair("url.full", upstream_.url() + "/v1/chat/completions")));
  EXPECT_THAT(spans[0].attributes, Contains(Pair("gen_ai.request.model", "upstream-model")));
  for (const auto& [key, value] : spans[0].attributes) EXPECT_THAT(value, Not(HasSubstr("s3cret"))) << key;
}

TEST_F(ProviderTraceTest, WhatIsNotSampledIsToldSo) {
  trace::Context parent = trace::Parse(kCaller);
  parent.sampled = false;

  Ask(tracer_->Join(parent));

  EXPECT_THAT(upstream_.requests().at(0).head,
              HasSubstr("traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00\r\n"));
  EXPECT_THAT(Spans(), SizeIs(0));
}

TEST_F(ProviderTraceTest, WithoutATracerTheHeadersAreTheClients) {
  Ask(trace::Parse(kCaller));
  EXPECT_THAT(upstream_.requests().at(0).head, Not(HasSubstr("traceparent")));

  Ask(trace::Parse(kCaller), ", forward_headers: [traceparent]");
  EXPECT_THAT(upstream_.requests().at(1).head,
              HasSubstr("traceparent: 00-ffffffffffffffffffffffffffffffff-ffffffffffffffff-01\r\n"));
}

TEST_F(ProviderTraceTest, AFailureIsNamed) {
  FakeUpstream failing;
  failing.Then(Script::Json(503, R"({"error":{"message":"busy"}})"));
  Harness harness("providers: {one: {type: openai-compatible, dialect: chat, base_url: '" + failing.url() + "/v1'}}");
  AskOptions options;
  options.trace = tracer_->Join(trace::Parse(kCaller));

  harness.Ask(RequestFor(v1::ENDPOINT_CHAT_COMPLETIONS, "one", true), options);

  const auto spans = Spans();
  ASSERT_THAT(spans, SizeIs(1));
  EXPECT_EQ(spans[0].status, 2u);
  EXPECT_THAT(spans[0].attributes, Contains(Pair("error.type", "503")));
}

}  // namespace
}  // namespace wayleave::provider
