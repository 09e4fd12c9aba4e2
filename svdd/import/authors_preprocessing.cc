#include <array>
#include <stdexcept>
#include <string>

#include "engine/files/in_quotes.h"
#include "svdd/import/import.h"

namespace svdd {
namespace {

struct Limits {
  double min, max;
};
// Deep-SVDD-PyTorch, src/datasets/mnist.py and cifar10.py: after the normalisation, over the training images of each class.
constexpr std::array<Limits, 10> mnist_limits = {{{-0.8826567065619495, 9.001545489292527},
                                                  {-0.6661464580883915, 20.108062262467364},
                                                  {-0.7820454743183202, 11.665100841080346},
                                                  {-0.7645772083211267, 12.895051191467457},
                                                  {-0.7253923114302238, 12.683235701611533},
                                                  {-0.7698501867861425, 13.103278415430502},
                                                  {-0.778418217980696, 10.457837397569108},
                                                  {-0.7129780970522351, 12.057777597673047},
                                                  {-0.8280402650205075, 10.581538445782988},
                                                  {-0.7369959242164307, 10.697039838804978}}};
constexpr std::array<Limits, 10> cifar10_limits = {{{-28.94083453598571, 13.802961825439636},
                                                    {-6.681770233365245, 9.158067708230273},
                                                    {-34.924463588638204, 14.419298165027628},
                                                    {-10.599172931391799, 11.093187820377565},
                                                    {-11.945022995801637, 10.628045447867583},
                                                    {-9.691969487694928, 8.948326776180823},
                                                    {-9.174940012342555, 13.847014686472365},
                                                    {-6.876682005899029, 12.282371383343161},
                                                    {-15.603507135507172, 15.2464923804279},
                                                    {-6.132882973622672, 8.046098172351265}}};

}  // namespace

datasets::Preprocessing authors_preprocessing(std::string_view data, int64_t normal_class) {
  if (data != "mnist" && data != "cifar10")
    throw std::invalid_argument("the authors' preprocessing is known of mnist and cifar10, not of " +
                                engine::in_quotes(data));
  if (normal_class < 0 || normal_class > 9)
    throw std::invalid_argument("the classes of " + std::string(data) + " are 0 to 9; found " +
                                std::to_string(normal_class));
  const Limits& of_class =
      (data == "mnist" ? mnist_limits : cifar10_limits)[static_cast<size_t>(normal_class)];
  datasets::Preprocessing authors;
  authors.gcn = datasets::Preprocessing::Gcn::l1;
  authors.min_max = true;
  authors.min = static_cast<float>(of_class.min);
  authors.max = static_cast<float>(of_class.max);
  return authors;
}

}  // namespace svdd
