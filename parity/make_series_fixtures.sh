#!/usr/bin/env bash
# Makes the parity fixtures of tl-timeseries' tests with PyTorch: parity/make_series_fixtures.sh [PYTHON]
set -euo pipefail
cd "$(dirname "$0")"
python=${1:-python3}
out=../tl-timeseries/src/test/resources/parity
make() { "$python" make_fixture.py "$@" --out "$out"; }

for kind in LSTM GRU; do
  make torch.nn:$kind --name "${kind,,}" --arg input_size=5 --arg hidden_size=7 --input x=6,3,5
  make torch.nn:$kind --name "${kind,,}-two-layers-both-ways" --arg input_size=4 --arg hidden_size=6 --arg num_layers=2 \
    --arg bidirectional=True --arg batch_first=True --input x=2,8,4
  make torch.nn:$kind --name "${kind,,}-three-layers-without-bias" --arg input_size=3 --arg hidden_size=5 \
    --arg num_layers=3 --arg bias=False --arg batch_first=True --arg dropout=0.0 --input x=4,5,3
  make series_references:Packed$kind --name "${kind,,}-packed" --arg input_size=5 --arg hidden_size=7 \
    --arg num_layers=2 --arg bidirectional=True --input x=4,9,5 --mask mask=4,9:4,9,1,6
done
make torch.nn:LSTM --name lstm-projected --arg input_size=5 --arg hidden_size=8 --arg proj_size=3 --arg num_layers=2 \
  --arg bidirectional=True --arg batch_first=True --input x=2,7,5
make series_references:PackedLSTM --name lstm-packed-projected --arg input_size=5 --arg hidden_size=8 --arg proj_size=3 \
  --input x=3,7,5 --mask mask=3,7:2,7,5

make torch.nn:Transformer --name transformer --arg dropout=0.0 --arg d_model=12 --arg nhead=3 --arg num_encoder_layers=2 --arg num_decoder_layers=2 \
  --arg dim_feedforward=20 --arg batch_first=True --input src=2,7,12 --input tgt=2,5,12
make torch.nn:Transformer --name transformer-norm-first-gelu --arg dropout=0.0 --arg d_model=16 --arg nhead=4 --arg num_encoder_layers=1 \
  --arg num_decoder_layers=3 --arg dim_feedforward=24 --arg activation='"gelu"' --arg norm_first=True --arg bias=False \
  --input src=6,3,16 --input tgt=4,3,16
patches='"num_hidden_layers":2,"d_model":16,"num_attention_heads":4,"ffn_dim":24'
make transformers:PatchTSTModel --name patchtst --input past_values=3,32,2 \
  --config "{\"num_input_channels\":2,\"context_length\":32,\"patch_length\":8,\"patch_stride\":4,$patches}"
make transformers:PatchTSTModel --name patchtst-post-norm-layernorm --input past_values=2,30,3 \
  --config "{\"num_input_channels\":3,\"context_length\":30,\"patch_length\":7,\"patch_stride\":5,\"norm_type\":\"layernorm\",\"pre_norm\":false,\"positional_encoding_type\":\"random\",\"share_embedding\":false,\"activation_function\":\"relu\",$patches}"
make transformers:PatchTSTModel --name patchtst-across-variables --input past_values=2,24,3 \
  --config "{\"num_input_channels\":3,\"context_length\":24,\"patch_length\":6,\"patch_stride\":6,\"channel_attention\":true,\"use_cls_token\":true,\"bias\":false,$patches}"
make transformers:PatchTSTForPrediction --name patchtst-prediction --input past_values=3,32,2 \
  --config "{\"num_input_channels\":2,\"context_length\":32,\"patch_length\":8,\"patch_stride\":8,\"prediction_length\":6,\"pooling_type\":null,$patches}"
