// Asks a model through Wayleave's gRPC door and prints the answer as it comes.
//
//   export WAYLEAVE_API_KEY=wl_...
//   wayleave-ask --model coder "What is 2 + 40?"
//
// The text goes to standard output, everything else to standard error. Exit code 1 if the call failed.
#include <google/protobuf/util/json_util.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "wayleave/inference/v1/inference.grpc.pb.h"

namespace v1 = wayleave::inference::v1;

namespace {

// --name value pairs, and what is left.
struct Options {
  std::map<std::string, std::string> named;
  std::string text;

  Options(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
      const std::string word = argv[i];
      if (word.starts_with("--") && i + 1 < argc)
        named[word.substr(2)] = argv[++i];
      else
        text = word;
    }
  }
  std::string Get(const std::string& name, const std::string& otherwise = "") const {
    const auto found = named.find(name);
    return found == named.end() ? otherwise : found->second;
  }
};

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

google::protobuf::Struct FromJson(const std::string& json) {
  google::protobuf::Struct result;
  const auto status = google::protobuf::util::JsonStringToMessage(json, &result);
  if (!status.ok()) throw std::runtime_error("no JSON object: " + status.ToString());
  return result;
}

v1::GenerateRequest RequestOf(const Options& options) {
  v1::GenerateRequest request;
  request.set_model(options.Get("model", "demo"));
  v1::Message& message = *request.add_messages();
  message.set_role(v1::ROLE_USER);
  message.add_parts()->set_text(options.text);
  if (const std::string path = options.Get("image"); !path.empty()) {
    v1::Image& image = *message.add_parts()->mutable_image();
    image.set_data(ReadFile(path));
    image.set_media_type("image/png");
  }
  if (const std::string path = options.Get("schema"); !path.empty())
    *request.mutable_output_schema() = FromJson(ReadFile(path));
  request.set_reasoning_effort(options.Get("effort"));
  if (options.Get("tools", "yes") == "yes") {
    v1::Tool& add = *request.add_tools();
    add.set_name("add");
    add.set_description("Adds two numbers");
    *add.mutable_parameters() = FromJson(R"({"type": "object", "required": ["a", "b"],
        "properties": {"a": {"type": "number"}, "b": {"type": "number"}}})");
  }
  return request;
}

// The tool that we offer.
std::string Run(const v1::ToolCall& call) {
  const auto arguments = FromJson(call.arguments()).fields();
  const double sum = arguments.at("a").number_value() + arguments.at("b").number_value();
  std::cerr << "[tool " << call.name() << " " << call.arguments() << "]\n";
  std::ostringstream out;
  out << sum;
  return out.str();
}

class Client {
 public:
  explicit Client(const Options& options)
      : options_(options),
        stub_(v1::InferenceService::NewStub(
            grpc::CreateChannel(options.Get("address", "127.0.0.1:8788"), grpc::InsecureChannelCredentials()))) {}

  // One turn. What the model says and calls is added to the request, as the next turn needs it.
  grpc::Status Turn(v1::GenerateRequest& request, std::vector<v1::ToolCall>& calls) {
    grpc::ClientContext context;
    Prepare(context);
    auto stream = stub_->Generate(&context, request);
    v1::Message said;
    said.set_role(v1::ROLE_ASSISTANT);
    std::string text;
    int deltas = 0;
    for (v1::GenerateResponse event; stream->Read(&event);) {
      switch (event.event_case()) {
        case v1::GenerateResponse::kStarted:
          std::cerr << "[" << event.started().provider() << "/" << event.started().model() << " "
                    << event.started().request_id() << "]\n";
          break;
        case v1::GenerateResponse::kTextDelta:
          std::cout << event.text_delta() << std::flush;
          text += event.text_delta();
          if (std::to_string(++deltas) == options_.Get("cancel-after")) context.TryCancel();
          break;
        case v1::GenerateResponse::kReasoning:
          *said.add_parts()->mutable_reasoning() = event.reasoning();
          break;
        case v1::GenerateResponse::kToolCall:
          if (!text.empty()) said.add_parts()->set_text(std::exchange(text, ""));
          *said.add_parts()->mutable_tool_call() = event.tool_call();
          calls.push_back(event.tool_call());
          break;
        case v1::GenerateResponse::kCompleted:
          std::cerr << "\n[" << event.completed().finish_reason() << ", " << event.completed().usage().input_tokens()
                    << " + " << event.completed().usage().output_tokens() << " tokens]\n";
          break;
        case v1::GenerateResponse::kFailed:
          std::cerr << "\n[failed: " << event.failed().code() << ": " << event.failed().message() << "]\n";
          failed_ = true;
          break;
        default:
          break;  // reasoning as it comes, and what later versions add
      }
    }
    *request.add_messages() = said;
    return stream->Finish();
  }

  grpc::Status ListModels() {
    grpc::ClientContext context;
    Prepare(context);
    v1::ListModelsResponse models;
    const grpc::Status status = stub_->ListModels(&context, {}, &models);
    for (const v1::Model& model : models.models()) std::cout << model.id() << "\n";
    return status;
  }

  bool failed() const { return failed_; }

 private:
  void Prepare(grpc::ClientContext& context) {
    const char* key = std::getenv("WAYLEAVE_API_KEY");
    context.AddMetadata("authorization", std::string("Bearer ") + (key ? key : ""));
    if (const std::string provider = options_.Get("provider"); !provider.empty())
      context.AddMetadata("x-provider", provider);
    const int ms = std::stoi(options_.Get("deadline-ms", "600000"));
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(ms));
  }

  const Options& options_;
  const std::unique_ptr<v1::InferenceService::Stub> stub_;
  bool failed_ = false;
};

// Turns until the model calls nothing more.
grpc::Status Converse(Client& client, const Options& options) {
  v1::GenerateRequest request = RequestOf(options);
  for (int turn = 0; turn < 8; ++turn) {
    std::vector<v1::ToolCall> calls;
    const grpc::Status status = client.Turn(request, calls);
    if (!status.ok() || calls.empty()) return status;
    v1::Message& results = *request.add_messages();
    results.set_role(v1::ROLE_USER);
    for (const v1::ToolCall& call : calls) {
      v1::ToolResult& result = *results.add_parts()->mutable_tool_result();
      result.set_id(call.id());
      result.set_output(Run(call));
    }
  }
  return {grpc::StatusCode::ABORTED, "the model calls and calls"};
}

}  // namespace

int main(int argc, char** argv) {
  const Options options(argc, argv);
  Client client(options);
  const grpc::Status status = options.text == "models" ? client.ListModels() : Converse(client, options);
  if (!status.ok()) std::cerr << "[status " << status.error_code() << ": " << status.error_message() << "]\n";
  return status.ok() && !client.failed() ? 0 : 1;
}
