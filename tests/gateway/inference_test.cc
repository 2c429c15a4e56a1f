// The gateway as programs see it that speak gRPC: a generated client of inference.v1 against the whole gateway.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include <future>
#include <nlohmann/json.hpp>

#include "base/rpc/details.pb.h"
#include "tests/gateway/gateway_fixture.h"
#include "wayleave/inference/v1/inference.grpc.pb.h"

namespace wayleave::gateway {
namespace {

using namespace std::chrono_literals;
using inference::v1::EmbedRequest;
using inference::v1::EmbedResponse;
using inference::v1::GenerateRequest;
using inference::v1::GenerateResponse;
using inference::v1::InferenceService;
using inference::v1::ListModelsRequest;
using inference::v1::ListModelsResponse;
using nlohmann::json;
using ::testing::ElementsAre;
using testing::Eventually;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string Sse(const std::string& data) { return "data: " + data + "\n\n"; }
std::string Text(const std::string& delta) {
  return Sse(R"({"type":"response.output_text.delta","delta":")" + delta + "\"}");
}
const std::string kCreated = Sse(R"({"type":"response.created","response":{"id":"resp_7"}})");
const std::string kDone = Sse(R"({"type":"response.completed","response":{"id":"resp_7"}})");

// What a call came to.
struct Answer {
  std::vector<GenerateResponse> events;
  grpc::Status status;
  std::string trailing_id;

  // The kinds of the events, joined.
  std::string Kinds() const {
    std::string kinds;
    for (const auto& event : events)
      kinds += (kinds.empty() ? "" : " ") + event.GetDescriptor()->FindFieldByNumber(event.event_case())->name();
    return kinds;
  }
  std::string Text() const {
    std::string text;
    for (const auto& event : events) text += event.text_delta();
    return text;
  }
};

// google.rpc.Status of a failed call.
rpc::details::Status Rich(const grpc::Status& status) {
  rpc::details::Status rich;
  EXPECT_TRUE(rich.ParseFromString(status.error_details()));
  return rich;
}

std::string ReasonOf(const grpc::Status& status) {
  rpc::details::ErrorInfo info;
  const rpc::details::Status rich = Rich(status);
  for (const auto& any : rich.details()) {
    if (any.type_url() == "type.googleapis.com/google.rpc.ErrorInfo") info.ParseFromString(any.value());
  }
  return info.reason();
}

std::int64_t SecondsOf(const grpc::Status& status) {
  rpc::details::RetryInfo info;
  const rpc::details::Status rich = Rich(status);
  for (const auto& any : rich.details()) {
    if (any.type_url() == "type.googleapis.com/google.rpc.RetryInfo") info.ParseFromString(any.value());
  }
  return info.retry_delay().seconds();
}

class InferenceTest : public GatewayTest {
 protected:
  InferenceTest() { config_.grpc = "127.0.0.1:0"; }

  void StartAll() {
    Start();
    const std::string address = "127.0.0.1:" + std::to_string(gateway_->StartGrpc().value());
    grpc::ChannelArguments unbounded;
    unbounded.SetMaxReceiveMessageSize(-1);
    channel_ = grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), unbounded);
    stub_ = InferenceService::NewStub(channel_);
  }

  static GenerateRequest Hello() {
    GenerateRequest request;
    request.set_model("big");
    auto& message = *request.add_messages();
    message.set_role(inference::v1::ROLE_USER);
    message.add_parts()->set_text("hi");
    return request;
  }
  static void Prepare(grpc::ClientContext& context) {
    context.AddMetadata("authorization", "Bearer k1");
    context.set_deadline(std::chrono::system_clock::now() + 20s);
  }

  Answer Generate(const GenerateRequest& request) {
    grpc::ClientContext context;
    Prepare(context);
    return Generate(request, context);
  }
  Answer Generate(const GenerateRequest& request, grpc::ClientContext& context) {
    Answer answer;
    auto stream = stub_->Generate(&context, request);
    for (GenerateResponse event; stream->Read(&event);) answer.events.push_back(event);
    answer.status = stream->Finish();
    const auto& trailers = context.GetServerTrailingMetadata();
    if (const auto id = trailers.find("x-request-id"); id != trailers.end())
      answer.trailing_id.assign(id->second.data(), id->second.size());
    return answer;
  }
  std::pair<grpc::Status, EmbedResponse> Embed(const std::vector<std::string>& texts) {
    grpc::ClientContext context;
    Prepare(context);
    EmbedRequest request;
    request.set_model("big");
    for (const auto& text : texts) request.add_inputs(text);
    EmbedResponse response;
    grpc::Status status = stub_->Embed(&context, request, &response);
    return {status, response};
  }

  // Bytes that went to clients so far.
  std::uint64_t Delivered() {
    const std::string name = "\nwayleave_gateway_answer_bytes_total ";
    const std::string metrics = registry_.Render();
    return std::stoull(metrics.substr(metrics.find(name) + name.size()));
  }

  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<InferenceService::Stub> stub_;
};

TEST_F(InferenceTest, StreamsTypedEventsAndSettles) {
  provider_.Then(Script::Answers(kCreated).Data(Text("Hel") + Text("lo")).Data(Text("!")).Data(kDone).End());
  StartAll();

  const Answer answer = Generate(Hello());

  ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
  EXPECT_EQ(answer.Kinds(), "started text_delta text_delta completed");
  EXPECT_EQ(answer.Text(), "Hello!");
  const auto& started = answer.events.front().started();
  EXPECT_EQ(started.provider() + " " + started.model(), "alpha alpha-model");
  const auto& completed = answer.events.back().completed();
  EXPECT_EQ(completed.finish_reason(), "stop");
  EXPECT_EQ(completed.usage().input_tokens(), 100);
  EXPECT_EQ(completed.usage().output_tokens(), 20);
  const auto settled = Settled();
  ASSERT_THAT(settled, SizeIs(1));
  EXPECT_EQ(settled[0].endpoint(), "inference");
  EXPECT_EQ(settled[0].request_id(), started.request_id());
  EXPECT_EQ(answer.trailing_id, started.request_id());
  EXPECT_EQ(settled[0].key_id(), "key_k1");
  EXPECT_EQ(settled[0].outcome(), auth::v1::OUTCOME_COMPLETED);
  EXPECT_TRUE(Shows(R"(wayleave_gateway_requests_total{endpoint="inference",status="200"} 1)"));
}

TEST_F(InferenceTest, AsksAsAResponsesClientWould) {
  StartAll();
  grpc::ClientContext context;
  Prepare(context);
  context.AddMetadata("x-provider", "alpha");
  context.AddMetadata("x-team", "lab");
  context.AddMetadata("x-request-id", "mine-1");
  context.AddMetadata("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  context.AddMetadata("blob-bin", "\x01");

  Generate(Hello(), context);

  const auto order = provider_.requests().at(0);
  EXPECT_EQ(order.endpoint(), provider::v1::ENDPOINT_RESPONSES);
  EXPECT_TRUE(order.stream());
  EXPECT_EQ(json::parse(order.body())["model"], "big");
  EXPECT_EQ(order.body().substr(order.model_range().offset(), order.model_range().length()), "\"big\"");
  EXPECT_EQ(order.headers().count("authorization"), 0u);
  EXPECT_EQ(provider_.context(0).request_id, "mine-1");
  EXPECT_EQ(trace::Traceparent(provider_.context(0).trace), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  const auto facts = router_.asked().at(0);
  EXPECT_EQ(facts.headers().at("x-provider"), "alpha");
  EXPECT_EQ(facts.headers().at("x-team"), "lab");
  EXPECT_EQ(facts.headers().count("blob-bin"), 0u);
}

TEST_F(InferenceTest, RefusalsAreStatuses) {
  router_.refusal = Error{Code::kNotFound, "There is no model big.", "model_not_found", {}};
  StartAll();

  const Answer answer = Generate(Hello());

  EXPECT_THAT(answer.events, IsEmpty());
  EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(answer.status.error_message(), "There is no model big.");
  EXPECT_EQ(ReasonOf(answer.status), "model_not_found");
  EXPECT_EQ(answer.trailing_id.substr(0, 4), "req_");
  EXPECT_TRUE(Shows(R"(wayleave_gateway_requests_total{endpoint="inference",status="404"} 1)"));
}

TEST_F(InferenceTest, WithoutAKeyNothingIsAsked) {
  StartAll();
  grpc::ClientContext context;

  const Answer answer = Generate(Hello(), context);

  EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(ReasonOf(answer.status), "invalid_api_key");
  EXPECT_THAT(provider_.requests(), IsEmpty());
}

TEST_F(InferenceTest, LimitsSayWhenToComeAgain) {
  auth_.reserve_refusal = Error{Code::kResourceExhausted, "The budget is used up.", "insufficient_quota", 90s};
  StartAll();

  const Answer answer = Generate(Hello());

  EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonOf(answer.status), "insufficient_quota");
  EXPECT_EQ(SecondsOf(answer.status), 90);
}

TEST_F(InferenceTest, AFaultOfTheProviderBeforeItsAnswerIsAStatus) {
  provider_.Then(Script::Fails(503, "server_is_overloaded", true));
  StartAll();

  const Answer answer = Generate(Hello());

  EXPECT_THAT(answer.events, IsEmpty());
  EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(answer.status), "server_is_overloaded");
}

TEST_F(InferenceTest, AFaultWithinTheAnswerIsItsOneLastEvent) {
  provider_.Then(
      Script::Answers(kCreated)
          .Data(Text("half"))
          .Data(Sse(R"({"type":"response.failed","response":{"error":{"code":"server_error","message":"Oh."}}})"))
          .End(provider::v1::FINISH_FAILED));
  StartAll();

  const Answer answer = Generate(Hello());

  EXPECT_TRUE(answer.status.ok());
  EXPECT_EQ(answer.Kinds(), "started text_delta failed");
  EXPECT_EQ(answer.events.back().failed().message(), "Oh.");
}

TEST_F(InferenceTest, AProviderServiceThatDiesEndsTheAnswerOnce) {
  provider_.Then(Script::Answers(kCreated).Data(Text("half")).Dies(Code::kUnavailable));
  StartAll();

  const Answer answer = Generate(Hello());

  EXPECT_TRUE(answer.status.ok());
  EXPECT_EQ(answer.Kinds(), "started text_delta failed");
  EXPECT_THAT(answer.events.back().failed().message(), HasSubstr("broke off"));
  EXPECT_EQ(Settled().at(0).outcome(), auth::v1::OUTCOME_FAILED);
}

TEST_F(InferenceTest, AnAnswerThatCannotBeReadIsFailedAndCancelled) {
  provider_.Then(Script::Answers(kCreated).Data(Text("half")).Data(Sse("{nonsense")).Stall());
  StartAll();

  const Answer answer = Generate(Hello());

  EXPECT_TRUE(answer.status.ok());
  EXPECT_EQ(answer.Kinds(), "started text_delta failed");
  EXPECT_EQ(answer.events.back().failed().code(), "upstream_bad_response");
  EXPECT_EQ(Settled().at(0).outcome(), auth::v1::OUTCOME_FAILED);
}

TEST_F(InferenceTest, BadRequestsNameTheField) {
  StartAll();
  GenerateRequest request = Hello();
  request.mutable_messages(0)->set_role(inference::v1::ROLE_UNSPECIFIED);

  const Answer answer = Generate(request);

  EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(answer.status.error_message(), HasSubstr("messages[0].role"));
  EXPECT_EQ(ReasonOf(answer.status), "invalid_request");
  EXPECT_TRUE(Shows(R"(wayleave_gateway_requests_total{endpoint="inference",status="400"} 1)"));
}

TEST_F(InferenceTest, StructuresThatAreNestedWithoutEndAreRefused) {
  StartAll();
  GenerateRequest request = Hello();
  google::protobuf::Struct* inner = request.mutable_output_schema();
  for (int i = 0; i < 5000; ++i) inner = (*inner->mutable_fields())["a"].mutable_struct_value();

  const Answer answer = Generate(request);

  EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(answer.status.error_message(), HasSubstr("nested too deep"));
}

TEST_F(InferenceTest, RequestsThatAreTooLargeAreRefusedInWords) {
  config_.http.body_bytes = 100'000;
  StartAll();
  GenerateRequest request = Hello();
  auto& image = *request.mutable_messages(0)->add_parts()->mutable_image();
  image.set_media_type("image/png");

  image.set_data(std::string(90'000, 'x'));  // fits, but not in base64
  const Answer in_base64 = Generate(request);
  image.set_data(std::string(200'000, 'x'));
  const Answer outright = Generate(request);
  const Answer after = Generate(Hello());

  EXPECT_EQ(in_base64.status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonOf(in_base64.status), "request_too_large");
  EXPECT_THAT(in_base64.status.error_message(), HasSubstr("100000 bytes"));
  EXPECT_EQ(outright.status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(outright.status.error_message(), HasSubstr("larger than max"));
  EXPECT_TRUE(after.status.ok());
}

TEST_F(InferenceTest, MoreCallsThanAllowedAreTurnedAway) {
  config_.http.connections = 1;
  provider_.Then(Script::Answers(kCreated + Text("a")).Stall());
  StartAll();
  grpc::ClientContext first;
  Prepare(first);
  auto stream = stub_->Generate(&first, Hello());
  GenerateResponse event;
  ASSERT_TRUE(stream->Read(&event));

  const Answer second = Generate(Hello());
  first.TryCancel();
  stream->Finish();

  EXPECT_EQ(second.status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(SecondsOf(second.status), 1);
  EXPECT_TRUE(Eventually([&] { return Generate(Hello()).status.ok(); }));
}

TEST_F(InferenceTest, ACancelReachesTheProviderAtOnce) {
  provider_.Then(Script::Answers(kCreated + Text("a")).Stall());
  StartAll();
  grpc::ClientContext context;
  Prepare(context);
  auto stream = stub_->Generate(&context, Hello());
  GenerateResponse event;
  ASSERT_TRUE(stream->Read(&event));
  ASSERT_TRUE(Eventually([&] { return provider_.stalled == 1; }));

  const auto begin = std::chrono::steady_clock::now();
  context.TryCancel();
  ASSERT_TRUE(Eventually([&] { return provider_.cancelled == 1; }));

  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(Shows(R"(wayleave_gateway_generations_total{outcome="cancelled",provider="alpha"} 1)"));
}

TEST_F(InferenceTest, ADeadlineReachesTheProvider) {
  provider_.Then(Script::Stalls());
  StartAll();
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer k1");
  context.set_deadline(std::chrono::system_clock::now() + 300ms);

  const Answer answer = Generate(Hello(), context);

  EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_TRUE(Eventually([&] { return provider_.cancelled == 1; }));
  EXPECT_EQ(Settled().at(0).outcome(), auth::v1::OUTCOME_CANCELLED);
}

TEST_F(InferenceTest, ACallerThatDoesNotReadIsCancelled) {
  config_.http.write_timeout = 300ms;
  Script script = Script::Answers(kCreated);
  for (int i = 0; i < 400; ++i) script.Data(Text(std::string(100'000, 'x')));
  provider_.Then(script.Data(kDone).End());
  StartAll();
  grpc::ClientContext context;
  Prepare(context);
  auto stream = stub_->Generate(&context, Hello());
  GenerateResponse event;
  ASSERT_TRUE(stream->Read(&event));

  EXPECT_TRUE(Shows(R"(wayleave_gateway_generations_total{outcome="cancelled",provider="alpha"} 1)"));
  while (stream->Read(&event)) {
  }
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(InferenceTest, ACallerThatDoesNotReadCanCancel) {
  Script script = Script::Answers(kCreated);
  for (int i = 0; i < 400; ++i) script.Data(Text(std::string(100'000, 'x')));
  provider_.Then(script.Stall());
  StartAll();
  grpc::ClientContext context;
  Prepare(context);
  auto stream = stub_->Generate(&context, Hello());
  GenerateResponse event;
  ASSERT_TRUE(stream->Read(&event));
  std::uint64_t before = 0;
  do {
    before = Delivered();
    std::this_thread::sleep_for(200ms);  // at rest is what does not change; too short a look only ends the loop early
  } while (Delivered() != before);
  ASSERT_EQ(provider_.stalled, 0);

  context.TryCancel();

  EXPECT_TRUE(Eventually([&] { return provider_.cancelled == 1; }));
  stream->Finish();
}

TEST_F(InferenceTest, DrainLetsAnAnswerFinish) {
  Script script = Script::Answers(kCreated);
  for (int i = 0; i < 2000; ++i) script.Data(Text("x"));
  provider_.Then(script.Data(kDone).End());
  StartAll();
  grpc::ClientContext context;
  Prepare(context);
  auto stream = stub_->Generate(&context, Hello());
  GenerateResponse event;
  ASSERT_TRUE(stream->Read(&event));
  auto drained = std::async(std::launch::async, [this] { gateway_->Drain(); });

  while (stream->Read(&event)) {
  }

  EXPECT_TRUE(event.has_completed());
  EXPECT_TRUE(stream->Finish().ok());
  drained.wait();
}

TEST_F(InferenceTest, EmbedsInTheOrderOfTheTexts) {
  provider_.Then(
      Script::Answers(R"({"data":[{"index":1,"embedding":[2,3]},{"index":0,"embedding":[0,1]}]})", "application/json")
          .End(provider::v1::FINISH_COMPLETED, 9, 0));
  StartAll();

  const auto [status, response] = Embed({"a", "b"});

  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(response.embeddings_size(), 2);
  EXPECT_THAT(response.embeddings(0).values(), ElementsAre(0, 1));
  EXPECT_THAT(response.embeddings(1).values(), ElementsAre(2, 3));
  EXPECT_EQ(response.usage().input_tokens(), 9);
  const auto order = provider_.requests().at(0);
  EXPECT_EQ(order.endpoint(), provider::v1::ENDPOINT_EMBEDDINGS);
  EXPECT_EQ(json::parse(order.body()), json::parse(R"({"model":"big","input":["a","b"]})"));
  EXPECT_EQ(Settled().at(0).endpoint(), "inference");
}

TEST_F(InferenceTest, EmbeddingsThatCannotBeUsedAreAStatus) {
  provider_.Then(Script::Answers(R"({"data":[]})", "application/json").End());
  StartAll();

  const auto [status, response] = Embed({"a"});

  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(status), "upstream_bad_response");
}

TEST_F(InferenceTest, RefusedEmbeddingsAreAStatus) {
  provider_.Then(Script::Fails(400, "invalid_prompt", false));
  StartAll();

  EXPECT_EQ(Embed({"a"}).first.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(InferenceTest, ListsTheModelsOfTheKey) {
  auto& model = *router_.models.add_models();
  model.set_id("big");
  model.set_display_name("Big One");
  model.set_context_window(128000);
  model.add_aliases("large");
  model.add_reasoning_levels("low");
  model.set_images(true);
  StartAll();
  grpc::ClientContext context;
  Prepare(context);
  ListModelsResponse response;

  const grpc::Status status = stub_->ListModels(&context, ListModelsRequest(), &response);

  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(response.models_size(), 1);
  const auto& listed = response.models(0);
  EXPECT_EQ(listed.id() + " " + listed.display_name() + " " + listed.aliases(0) + " " + listed.reasoning_efforts(0),
            "big Big One large low");
  EXPECT_EQ(listed.context_window(), 128000);
  EXPECT_TRUE(listed.images());
}

TEST_F(InferenceTest, ListsNothingToStrangers) {
  auth_.refusal = Error{Code::kUnauthenticated, "The key is revoked.", {}, {}};
  StartAll();
  grpc::ClientContext context;
  Prepare(context);
  ListModelsResponse response;

  const grpc::Status status = stub_->ListModels(&context, ListModelsRequest(), &response);

  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(status.error_message(), "The key is revoked.");
}

}  // namespace
}  // namespace wayleave::gateway
