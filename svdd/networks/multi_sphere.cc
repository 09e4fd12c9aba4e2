// The networks of Deep Multi-sphere SVDD (Ghafoori and Leckie 2020). Their code runs on Theano, whose
// convolution turns the filters round; as filters start at random or are learned, ours do not. Decoders
// convolve, they do not transpose.
#include <stdexcept>

#include "svdd/networks/builder.h"

namespace svdd {

using engine::Resample;

// conv 1→a · conv a→b · conv b→c, each with BN · LReLU · pool · dense →h · BN · dense h→p; widths a, b, c, h:
// 256, 256, 128, 320 as released, 32, 32, 16, 32 in a comment beside it.
Network multi_sphere_mnist(const Builder& b) {
  const int64_t a = b.width(0), m = b.width(1), c = b.width(2), h = b.width(3);
  if (h % 16 != 0)
    throw std::invalid_argument(b.name +
                                ": the decoder reads the last width as h/16 channels of 4×4, so it "
                                "must be a multiple of 16; found " +
                                std::to_string(h));
  Network net;
  net.encoder.add("conv1", b.conv(1, a))
      .add("bn1", b.norm(a, Resample::max_pool))  // 14×14
      .add("conv2", b.conv(a, m))
      .add("bn2", b.norm(m, Resample::max_pool))  // 7×7
      .add("conv3", b.conv(m, c))
      .add("bn3", b.norm(c, Resample::max_pool))  // 3×3
      .add(engine::flatten)
      .add("fc1", b.dense(9 * c, h))
      .add("bn4", b.norm_alone(h))
      .add("fc2", b.dense(h, b.p()));
  net.decoder.add("fc3", b.dense(b.p(), h))
      .add("bn5", b.norm_alone(h))
      .add(as_images(h / 16, 4, 4))
      .add(leaky)
      .add("deconv1", b.conv(h / 16, c))
      .add("bn6", b.norm(c, Resample::upsample))  // 8×8
      .add("deconv2", b.conv(c, m))
      .add("bn7", b.norm(m, Resample::upsample))  // 16×16
      .add("deconv3", b.conv(m, a, 1))            // 14×14
      .add("bn8", b.norm(a, Resample::upsample))  // 28×28
      .add("deconv4", b.conv(a, 1))
      .add(engine::sigmoid);
  return net;
}

// As cifar10_LeNet, but for the decoder's convolutions and its start.
Network multi_sphere_cifar10(const Builder& b) {
  const int64_t channels = b.channels_of_4x4();
  Network net;
  net.encoder.add("conv1", b.conv(3, 32))
      .add("bn1", b.norm(32, Resample::max_pool))
      .add("conv2", b.conv(32, 64))
      .add("bn2", b.norm(64, Resample::max_pool))
      .add("conv3", b.conv(64, 128))
      .add("bn3", b.norm(128, Resample::max_pool))
      .add(engine::flatten)
      .add("fc1", b.dense(2048, b.p()));
  net.decoder.add(as_images(channels, 4, 4))
      .add(leaky)
      .add("deconv1", b.conv(channels, 128))
      .add("bn4", b.norm(128, Resample::upsample))
      .add("deconv2", b.conv(128, 64))
      .add("bn5", b.norm(64, Resample::upsample))
      .add("deconv3", b.conv(64, 32))
      .add("bn6", b.norm(32, Resample::upsample))
      .add("deconv4", b.conv(32, 3))
      .add(engine::sigmoid);
  return net;
}

// Windows of motion, 3 axes of 20×20. The reconstruction is not bounded.
Network multi_sphere_mobifall(const Builder& b) {
  Network net;
  net.encoder.add("conv1", b.conv(3, 64))
      .add("bn1", b.norm(64, Resample::max_pool))  // 10×10
      .add("conv2", b.conv(64, 32))
      .add("bn2", b.norm(32, Resample::max_pool))  // 5×5
      .add(engine::flatten)
      .add("fc1", b.dense(800, 160))
      .add("bn3", b.norm_alone(160))
      .add("fc2", b.dense(160, b.p()));
  net.decoder.add("fc3", b.dense(b.p(), 160))
      .add("bn4", b.norm_alone(160))
      .add("fc4", b.dense(160, 800))
      .add("bn5", b.norm_alone(800))
      .add(as_images(32, 5, 5))
      .add(leaky)
      .add("deconv1", b.conv(32, 32))
      .add("bn6", b.norm(32, Resample::upsample))  // 10×10
      .add("deconv2", b.conv(32, 64))
      .add("bn7", b.norm(64, Resample::upsample))  // 20×20
      .add("deconv3", b.conv(64, 3));
  return net;
}

}  // namespace svdd
