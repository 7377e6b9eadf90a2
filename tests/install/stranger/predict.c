/* A C program that has only the installed package: runs one row of zeros and prints the answers.
 * SPDX-License-Identifier: Apache-2.0 */
#include <mle/c.h>

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char** argv) {
  mle_error error;
  mle_model* model = NULL;
  mle_session* session = NULL;
  if (argc != 2) return 2;
  if (mle_model_load(argv[1], &model, &error) != MLE_OK) {
    fprintf(stderr, "%s\n", error.message);
    return 1;
  }
  size_t in_count = mle_model_input_width(model, 0);
  size_t out_count = mle_model_output_width(model, 0);
  float* in = calloc(in_count, sizeof *in);
  float* out = calloc(out_count, sizeof *out);
  int status = 1;
  if (in != NULL && out != NULL && mle_session_create(model, NULL, &session, &error) == MLE_OK &&
      mle_session_run(session, in, in_count, out, out_count, &error) == MLE_OK) {
    for (size_t i = 0; i < out_count; ++i) printf("%.9g\n", (double)out[i]);
    status = 0;
  } else {
    fprintf(stderr, "%s\n", error.message);
  }
  mle_session_destroy(session);
  mle_model_destroy(model);
  free(in);
  free(out);
  return status;
}
