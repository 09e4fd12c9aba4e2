// The LeNets of Deep SVDD (Ruff et al. 2018): one for each image size, with the autoencoder that mirrors it.
#include <stdexcept>

#include "svdd/networks/builder.h"

namespace svdd {

using engine::Resample;
using engine::Tensor;

int64_t Builder::channels_of_4x4() const {
  if (p() % 16 != 0)
    throw std::invalid_argument(name +
                                ": the decoder reads the representation as p/16 channels of 4×4, so rep_dim "
                                "must be a multiple of 16; found " +
                                std::to_string(p()));
  return p() / 16;
}

// conv 1→8 · BN · LReLU · pool · conv 8→4 · BN · LReLU · pool · dense 196→p, and its mirror image.
Network mnist_lenet(const Builder& b) {
  const int64_t channels = b.channels_of_4x4();
  Network net;
  net.encoder.add("conv1", b.conv(1, 8))
      .add("bn1", b.norm(8, Resample::max_pool))
      .add("conv2", b.conv(8, 4))
      .add("bn2", b.norm(4, Resample::max_pool))
      .add(engine::flatten)
      .add("fc1", b.dense(196, b.p()));
  net.decoder.add(as_images(channels, 4, 4))
      .add(leaky)
      .add(up)
      .add("deconv1", b.conv_transpose(channels, 4))  // 8×8
      .add("bn3", b.norm(4, Resample::upsample))
      .add("deconv2", b.conv_transpose(4, 8, 3))  // 16×16 -> 14×14
      .add("bn4", b.norm(8, Resample::upsample))
      .add("deconv3", b.conv_transpose(8, 1))  // 28×28
      .add(engine::sigmoid);
  return net;
}

// conv 3→32 · 32→64 · 64→128, each with BN · LReLU · pool · dense 2048→p. The decoder begins with a batch
// norm over the representation that φ itself does not have.
Network cifar10_lenet(const Builder& b) {
  const int64_t channels = b.channels_of_4x4();
  Network net;
  net.encoder.add("conv1", b.conv(3, 32))
      .add("bn2d1", b.norm(32, Resample::max_pool))
      .add("conv2", b.conv(32, 64))
      .add("bn2d2", b.norm(64, Resample::max_pool))
      .add("conv3", b.conv(64, 128))
      .add("bn2d3", b.norm(128, Resample::max_pool))
      .add(engine::flatten)
      .add("fc1", b.dense(2048, b.p()));
  net.decoder
      .add("bn1d", b.norm(b.p(), Resample::none))  // its leaky ReLU may come before the reshape
      .add(as_images(channels, 4, 4))
      .add("deconv1", b.conv_transpose(channels, 128))  // 4×4
      .add("bn2d4", b.norm(128, Resample::upsample))
      .add("deconv2", b.conv_transpose(128, 64))  // 8×8
      .add("bn2d5", b.norm(64, Resample::upsample))
      .add("deconv3", b.conv_transpose(64, 32))  // 16×16
      .add("bn2d6", b.norm(32, Resample::upsample))
      .add("deconv4", b.conv_transpose(32, 3))  // 32×32
      .add(engine::sigmoid);
  return net;
}

// The same with ELU (α = 1) in place of leaky ReLU.
Network cifar10_lenet_elu(const Builder& b) {
  const int64_t channels = b.channels_of_4x4();
  const auto elu = [](const Tensor& x) { return engine::elu(x); };
  const auto pool = [](const Tensor& x) { return engine::max_pool2d(x); };
  Network net;
  net.encoder.add("conv1", b.conv(3, 32))
      .add("bn2d1", b.norm_alone(32))
      .add(elu)
      .add(pool)
      .add("conv2", b.conv(32, 64))
      .add("bn2d2", b.norm_alone(64))
      .add(elu)
      .add(pool)
      .add("conv3", b.conv(64, 128))
      .add("bn2d3", b.norm_alone(128))
      .add(elu)
      .add(pool)
      .add(engine::flatten)
      .add("fc1", b.dense(2048, b.p()));
  net.decoder.add("bn1d", b.norm_alone(b.p()))
      .add(elu)
      .add(as_images(channels, 4, 4))
      .add("deconv1", b.conv_transpose(channels, 128))
      .add("bn2d4", b.norm_alone(128))
      .add(elu)
      .add(up)
      .add("deconv2", b.conv_transpose(128, 64))
      .add("bn2d5", b.norm_alone(64))
      .add(elu)
      .add(up)
      .add("deconv3", b.conv_transpose(64, 32))
      .add("bn2d6", b.norm_alone(32))
      .add(elu)
      .add(up)
      .add("deconv4", b.conv_transpose(32, 3))
      .add(engine::sigmoid);
  return net;
}

// conv 3→16 · LReLU · pool · conv 16→32 · LReLU · pool · dense 2048→64 · LReLU · dense 64→p, and its mirror
// image.
Network gtsrb_lenet(const Builder& b) {
  const auto pool = [](const Tensor& x) { return engine::max_pool2d(x); };
  Network net;
  net.encoder.add("conv1", b.conv(3, 16))
      .add(leaky)
      .add(pool)
      .add("conv2", b.conv(16, 32))
      .add(leaky)
      .add(pool)
      .add(engine::flatten)
      .add("fc1", b.dense(2048, 64))
      .add(leaky)
      .add("fc2", b.dense(64, b.p()));
  net.decoder.add(leaky)
      .add("fc3", b.dense(b.p(), 64))
      .add(leaky)
      .add("fc4", b.dense(64, 2048))
      .add(as_images(32, 8, 8))
      .add(leaky)
      .add(up)
      .add("deconv1", b.conv_transpose(32, 16))  // 16×16
      .add(leaky)
      .add(up)
      .add("deconv2", b.conv_transpose(16, 3))  // 32×32
      .add(engine::sigmoid);
  return net;
}

}  // namespace svdd
