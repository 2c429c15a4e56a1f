#include "base/rpc/poller.h"

#include <pthread.h>

namespace wayleave::rpc::detail {

Poller::Poller(grpc::CompletionQueue& queue)
    : thread_([&queue] {
        pthread_setname_np(pthread_self(), "rpc-poller");
        void* tag = nullptr;
        bool ok = false;
        while (queue.Next(&tag, &ok)) static_cast<Tag*>(tag)->Complete(ok);
      }) {}

Poller::~Poller() { thread_.join(); }

}  // namespace wayleave::rpc::detail
