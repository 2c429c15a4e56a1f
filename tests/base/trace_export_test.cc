#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <thread>

#include "base/trace/span_queue.h"
#include "base/trace/tracer.h"
#include "tests/base/allocations.h"
#include "tests/base/trace_reader.h"
#include "tests/provider-service/fake_upstream.h"

namespace wayleave::trace {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;
using wayleave::testing::FakeUpstream;
using wayleave::testing::ReadRequest;
using wayleave::testing::ReadSpan;
using wayleave::testing::Script;
using wayleave::testing::TraceReader;

constexpr const char* kCaller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
constexpr const char* kUnsampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

std::string Ok() { return "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\n"; }

Script Empty200() { return Script().Send(Ok() + "Content-Length: 0\r\n\r\n"); }

TEST(SpanQueueTest, ABatchInOldMemoryHoldsNothingOfTheOldOne) {
  SpanQueue queue(10, 2);
  for (const char* span : {"one", "two", "three"}) queue.Push(span);
  SpanBatch first = queue.Take();
  EXPECT_EQ(first.spans, 2u);
  const std::string bytes(first.bytes.view());
  queue.Recycle(std::move(first));

  EXPECT_EQ(queue.Take().spans, 1u);
  for (const char* span : {"one", "two"}) queue.Push(span);
  const SpanBatch again = queue.Take();
  EXPECT_EQ(again.spans, 2u);
  EXPECT_EQ(again.bytes.view(), bytes);
}

class TraceExportTest : public ::testing::Test {
 protected:
  TraceExportTest() {
    config_.sampling = 1;
    config_.exporter.url = http::ParseUrl(collector_.url() + "/v1/traces").value();
    config_.exporter.gather = 1h;  // until Stop()
    config_.exporter.pause = 1ms;
  }

  Tracer& Start() { return tracer_.emplace(config_, "wayleave-test", registry_); }
  void Stop(std::chrono::milliseconds grace = 20s) { tracer_->Stop(grace); }

  // All that the collector has got.
  std::vector<ReadSpan> Spans() {
    std::vector<ReadSpan> spans;
    for (const auto& request : collector_.requests()) {
      for (ReadSpan& span : TraceReader::Read(request.body).spans) spans.push_back(std::move(span));
    }
    return spans;
  }

  void EndSpans(int count) {
    for (int i = 0; i < count; ++i) Span(tracer_->Receive({}), Kind::kInternal, "a");
  }

  bool Shows(const std::string& line) { return registry_.Render().find(line + "\n") != std::string::npos; }
  std::string Lost(const char* reason, int count) {
    return "wayleave_trace_spans_lost_total{reason=\"" + std::string(reason) + "\"} " + std::to_string(count);
  }
  std::string Exported(int count) { return "wayleave_trace_spans_exported_total " + std::to_string(count); }

  FakeUpstream collector_;
  metrics::Registry registry_{"test"};
  Config config_;
  std::optional<Tracer> tracer_;
};

TEST_F(TraceExportTest, SendsWhatItWasTold) {
  config_.exporter.headers.emplace_back("x-collector-key", config::Secret("s3cret"));
  collector_.Then(Empty200());
  Tracer& tracer = Start();
  {
    Span span(tracer.Receive(Parse(kCaller, "foo=1")), Kind::kServer, "POST", "/v1/responses");
    span.Set("text", "ä");
    span.Set("number", -3);
    span.Set("share", 0.5);
    span.Set("yes", true);
    span.SetList("list", "stop");
    span.SetIfAny("nothing", "");
    span.Event("first_event");
    span.Fail("timeout");
    span.Fail("another");
  }

  Stop();

  ASSERT_THAT(collector_.requests(), SizeIs(1));
  const auto sent = collector_.requests()[0];
  EXPECT_EQ(sent.target, "/v1/traces");
  EXPECT_THAT(sent.head, HasSubstr("content-type: application/x-protobuf\r\n"));
  EXPECT_THAT(sent.head, HasSubstr("x-collector-key: s3cret\r\n"));
  const ReadRequest request = TraceReader::Read(sent.body);
  EXPECT_EQ(request.resource.at("service.name"), "wayleave-test");
  EXPECT_FALSE(request.resource.at("service.version").empty());
  EXPECT_EQ(request.resource.at("service.instance.id").size(), 32u);
  EXPECT_EQ(request.scope, "wayleave");
  ASSERT_THAT(request.spans, SizeIs(1));
  const ReadSpan& span = request.spans[0];
  EXPECT_EQ(span.name, "POST /v1/responses");
  EXPECT_EQ(span.kind, 2u);
  EXPECT_EQ(span.trace_id, std::string("\x0a\xf7\x65\x19\x16\xcd\x43\xdd\x84\x48\xeb\x21\x1c\x80\x31\x9c", 16));
  EXPECT_EQ(span.parent_id, std::string("\xb7\xad\x6b\x71\x69\x20\x33\x31", 8));
  EXPECT_EQ(span.span_id.size(), 8u);
  EXPECT_EQ(span.state, "foo=1");
  EXPECT_EQ(span.flags, 0x301u);
  EXPECT_GT(span.start, 0u);
  EXPECT_GE(span.end, span.start);
  EXPECT_EQ(span.status, 2u);
  EXPECT_THAT(span.events, ElementsAre("first_event"));
  EXPECT_THAT(span.attributes, ::testing::UnorderedElementsAre(Pair("text", "ä"), Pair("number", "-3"),
                                                               Pair("share", "0.500000"), Pair("yes", "true"),
                                                               Pair("list", "[stop]"), Pair("error.type", "timeout")));
  EXPECT_TRUE(Shows(Exported(1)));
}

TEST_F(TraceExportTest, ChildrenNameTheirParent) {
  collector_.Then(Empty200());
  Tracer& tracer = Start();
  {
    const Span outer(tracer.Receive({}), Kind::kServer, "outer");
    const Span inner(outer.context(), Kind::kClient, "inner");
  }

  Stop();

  const auto spans = Spans();
  ASSERT_THAT(spans, SizeIs(2));
  EXPECT_EQ(spans[0].name, "inner");
  EXPECT_EQ(spans[0].trace_id, spans[1].trace_id);
  EXPECT_EQ(spans[0].parent_id, spans[1].span_id);
  EXPECT_EQ(spans[0].flags, 0x101u);
  EXPECT_EQ(spans[1].parent_id, "");
}

TEST_F(TraceExportTest, ASpanThatIsReplacedEnds) {
  collector_.Then(Empty200());
  Tracer& tracer = Start();
  {
    Span span(tracer.Receive({}), Kind::kInternal, "first");
    span = Span(tracer.Receive({}), Kind::kInternal, "second");
    span.End();
    span.Set("late", true);
    Span moved = std::move(span);
  }

  Stop();

  const auto spans = Spans();
  ASSERT_THAT(spans, SizeIs(2));
  EXPECT_EQ(spans[0].name, "first");
  EXPECT_EQ(spans[1].name, "second");
  EXPECT_THAT(spans[1].attributes, IsEmpty());
}

TEST_F(TraceExportTest, ItsBeginMayLieBack) {
  collector_.Then(Empty200());
  Tracer& tracer = Start();
  {
    Span span(tracer.Receive({}), Kind::kInternal, "a");
    span.BeganAt(std::chrono::steady_clock::now() - 1h);
  }

  Stop();

  const auto spans = Spans();
  ASSERT_THAT(spans, SizeIs(1));
  EXPECT_GE(spans[0].end - spans[0].start, 3'600'000'000'000u);
}

TEST_F(TraceExportTest, BadTextIsMendedAndLongTextIsCut) {
  collector_.Then(Empty200());
  Tracer& tracer = Start();
  {
    Span span(tracer.Receive({}), Kind::kInternal, "a");
    span.Set("bad", "a\xff\xc3\xa4\xed\xa0\x80\xc0\xaf");
    span.Set("long", std::string(1023, 'x') + "ä");
    span.Set("whole", std::string(1022, 'x') + "ä");
  }

  Stop();

  const auto spans = Spans();
  ASSERT_THAT(spans, SizeIs(1));
  EXPECT_EQ(spans[0].attributes.at("bad"), "a�ä�����");
  EXPECT_EQ(spans[0].attributes.at("long"), std::string(1023, 'x'));
  EXPECT_EQ(spans[0].attributes.at("whole"), std::string(1022, 'x') + "ä");
}

TEST_F(TraceExportTest, WithoutATracerTheCallersContextIsPassedOn) {
  const Span span(Parse(kCaller), Kind::kServer, "a");

  EXPECT_FALSE(span.recording());
  EXPECT_EQ(Traceparent(span.context()), kCaller);
}

TEST_F(TraceExportTest, WhatIsNotSampledAllocatesAndSendsNothing) {
  Tracer& tracer = Start();
  const Context caller = tracer.Receive(Parse(kUnsampled));
  const std::string name = "a name that is too long to be kept without memory of its own";

  const std::size_t before = wayleave::testing::Allocations();
  {
    Span span(caller, Kind::kServer, name, name);
    span.Set("text", name);
    span.SetList("list", name);
    span.Event(name);
    span.Fail(name);
    const Span inner(span.context(), Kind::kClient, name);
    EXPECT_EQ(inner.context().span_id, caller.span_id);
  }
  EXPECT_EQ(wayleave::testing::Allocations(), before);

  Stop();
  EXPECT_THAT(collector_.requests(), IsEmpty());
}

TEST_F(TraceExportTest, ATraceThatIsNotSampledHasAnIdToPassOn) {
  config_.sampling = 0;
  Tracer& tracer = Start();

  const Span span(tracer.Receive({}), Kind::kServer, "a");
  const Span inner(span.context(), Kind::kClient, "b");

  EXPECT_TRUE(span.context().valid());
  EXPECT_THAT(Traceparent(span.context()), ::testing::EndsWith("-00"));
  EXPECT_EQ(Traceparent(inner.context()), Traceparent(span.context()));
}

TEST_F(TraceExportTest, CallersDecideWhereTheyAreTrusted) {
  config_.sampling = 0;
  Tracer& trusting = Start();
  EXPECT_TRUE(trusting.Receive(Parse(kCaller)).recorded());
  EXPECT_FALSE(trusting.Receive(Parse(kUnsampled)).begun_here);
  EXPECT_FALSE(trusting.Receive({}).recorded());
  EXPECT_TRUE(trusting.Receive({}).begun_here);

  config_.sampling = 1;
  config_.trust_parent = false;
  Tracer& wary = Start();
  EXPECT_TRUE(wary.Receive(Parse(kUnsampled)).recorded());
  EXPECT_NE(TraceIdText(wary.Receive(Parse(kCaller))), TraceIdText(Parse(kCaller)));
}

TEST_F(TraceExportTest, ServicesBeginNoTraceOfTheirOwn) {
  Tracer& tracer = Start();

  EXPECT_FALSE(tracer.Join({}).recorded());
  EXPECT_FALSE(tracer.Join(Parse(kUnsampled)).recorded());
  EXPECT_TRUE(tracer.Join(Parse(kCaller)).recorded());
}

TEST_F(TraceExportTest, AFullBatchDoesNotWait) {
  config_.exporter.batch = 3;
  collector_.Then(Empty200());
  Start();

  EndSpans(7);

  EXPECT_TRUE(collector_.RequestsWithin(1, 20s));
  Stop();
  EXPECT_THAT(Spans(), SizeIs(7));
  EXPECT_TRUE(Shows(Exported(7)));
}

TEST_F(TraceExportTest, WhatIsLeftBehindAFullBatchWaitsForOthers) {
  config_.exporter.batch = 3;
  collector_.Then(Empty200());
  Start();

  EndSpans(7);
  ASSERT_TRUE(collector_.RequestsWithin(2, 20s));
  EndSpans(2);
  ASSERT_TRUE(collector_.RequestsWithin(3, 20s));

  Stop();
  for (const auto& request : collector_.requests()) EXPECT_THAT(TraceReader::Read(request.body).spans, SizeIs(3));
}

TEST_F(TraceExportTest, LaterSpansAreSentToo) {
  config_.exporter.gather = 1ms;
  collector_.Then(Empty200());
  Start();

  EndSpans(1);
  ASSERT_TRUE(collector_.RequestsWithin(1, 20s));
  EndSpans(1);
  ASSERT_TRUE(collector_.RequestsWithin(2, 20s));

  Stop();
  EXPECT_EQ(collector_.connections(), 1);
}

TEST_F(TraceExportTest, TheQueueIsBounded) {
  config_.exporter.queue = 3;
  collector_.Then(Empty200());
  Start();

  EndSpans(10);

  EXPECT_TRUE(Shows(Lost("queue_full", 7)));
  Stop();
  EXPECT_THAT(Spans(), SizeIs(3));
}

TEST_F(TraceExportTest, TriesAgainWhatMayGoBetterNextTime) {
  config_.exporter.gather = 1ms;
  for (const int status : {429, 502, 503, 504}) collector_.Then(Script::Json(status, "{}"));
  collector_.Then(Empty200());
  Start();

  EndSpans(1);

  ASSERT_TRUE(collector_.RequestsWithin(5, 20s));
  Stop();
  const auto requests = collector_.requests();
  EXPECT_THAT(requests, SizeIs(5));
  EXPECT_EQ(requests[0].body, requests[4].body);
  EXPECT_TRUE(Shows(Exported(1)));
}

TEST_F(TraceExportTest, GivesUpAfterFiveTimes) {
  config_.exporter.gather = 1ms;
  collector_.Then(Script::Json(503, "{}"));
  Start();

  EndSpans(1);

  ASSERT_TRUE(collector_.RequestsWithin(5, 20s));
  Stop();
  EXPECT_THAT(collector_.requests(), SizeIs(5));
  EXPECT_TRUE(Shows(Lost("undelivered", 1)));
}

TEST_F(TraceExportTest, WaitsAsLongAsTheCollectorAsksUnlessItIsTimeToEnd) {
  config_.exporter.gather = 1ms;
  collector_.Then(Script::Json(503, "{}", "Retry-After: 60\r\n")).Then(Empty200());
  Start();

  EndSpans(1);

  ASSERT_TRUE(collector_.RequestsWithin(1, 20s));
  EXPECT_FALSE(collector_.RequestsWithin(2, 300ms));  // without the header it would come after a few milliseconds
  Stop();
  EXPECT_THAT(collector_.requests(), SizeIs(2));
  EXPECT_TRUE(Shows(Exported(1)));
}

TEST_F(TraceExportTest, ARefusalIsFinal) {
  config_.exporter.gather = 1ms;
  collector_.Then(Script::Json(401, "{}"));
  Start();

  EndSpans(2);

  Stop();
  const auto requests = collector_.requests();
  EXPECT_THAT(requests, Not(IsEmpty()));
  EXPECT_EQ(Spans().size(), 2u);
  EXPECT_TRUE(Shows(Lost("rejected", 2)));
}

TEST_F(TraceExportTest, ReadsHowManyTheCollectorLeftOut) {
  collector_.Then(Script().Send(Ok() + std::string("Content-Length: 8\r\n\r\n\x0a\x06\x08\x02\x12\x02no", 29)));
  Start();

  EndSpans(3);

  Stop();
  EXPECT_TRUE(Shows(Lost("rejected", 2)));
  EXPECT_TRUE(Shows(Exported(1)));
}

TEST_F(TraceExportTest, NobodyThereIsNoProblemButForTheSpans) {
  config_.exporter.url.port = 1;
  Start();

  EndSpans(3);

  Stop();
  EXPECT_TRUE(Shows(Lost("undelivered", 3)));
}

TEST_F(TraceExportTest, ASilentCollectorDoesNotKeepTheProgramFromEnding) {
  config_.exporter.gather = 1ms;
  config_.exporter.batch = 2;
  collector_.Then(Script().Stall());
  Start();

  EndSpans(5);

  ASSERT_TRUE(collector_.RequestsWithin(1, 20s));
  Stop(1ms);
  EXPECT_TRUE(Shows(Lost("undelivered", 5)));
}

TEST_F(TraceExportTest, ManyThreadsMayEndSpans) {
  config_.exporter.gather = 1ms;
  config_.exporter.queue = 100000;
  collector_.Then(Empty200());
  Start();

  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([this] { EndSpans(2000); });
  for (std::thread& thread : threads) thread.join();

  Stop();
  EXPECT_EQ(Spans().size(), 8000u);
  EXPECT_TRUE(Shows(Exported(8000)));
}

}  // namespace
}  // namespace wayleave::trace
