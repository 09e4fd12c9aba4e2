#include <stdio.h>
#include <svdd/c/svdd.h>

int main(void) {
  enum { n = 200, d = 2 };
  static float x[n * d], scores[n];
  svdd_array rows = {x, SVDD_FLOAT32, 2, {n, d, 0, 0}};
  svdd_detector *detector = NULL;
  double threshold = 0;
  for (int i = 0; i < n; ++i) x[2 * i] = (float)(i % 20), x[2 * i + 1] = (float)(i / 20);
  if (svdd_create("deep-svdd", "{\"epochs\": 5, \"seed\": 1}", &detector) != SVDD_OK ||
      svdd_fit(detector, &rows, NULL, NULL, NULL, NULL) != SVDD_OK ||
      svdd_threshold(detector, &threshold) != SVDD_OK) {
    fprintf(stderr, "%s\n", svdd_last_error());
    return 1;
  }
  x[0] = 100; /* nothing like the others */
  if (svdd_score(detector, &rows, scores, n) != SVDD_OK) return 1;
  printf("anomalous: %d\n", scores[0] > threshold);
  svdd_free(detector);
  return 0;
}
