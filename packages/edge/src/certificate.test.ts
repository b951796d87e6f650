/**
 * What is read of a certificate that OpenSSL made.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCertificatePem } from './certificate.ts';

/** openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1, OpenSSL 3.0. */
const PEM = `-----BEGIN CERTIFICATE-----
MIIB5TCCAYugAwIBAgIUVDzneiZlnkfksZvvcnIOLHa0BbcwCgYIKoZIzj0EAwIw
LDEQMA4GA1UECgwHRXhhbXBsZTEYMBYGA1UEAwwPd3d3LmV4YW1wbGUub3JnMB4X
DTI2MTEyMTE5MDg1OFoXDTM2MTExODE5MDg1OFowLDEQMA4GA1UECgwHRXhhbXBs
ZTEYMBYGA1UEAwwPd3d3LmV4YW1wbGUub3JnMFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAEjfZxl85+ul8Y4bgAqBLrvL4UhJ7HUy3G6SI4hX5lkgVkzZEaVYo5dSzs
6kBCv1P+F9If8jf84zsWs42W4SESBaOBijCBhzAdBgNVHQ4EFgQUWguuSogowArs
Yw0AuyT15wtF/MkwHwYDVR0jBBgwFoAUWguuSogowArsYw0AuyT15wtF/MkwDwYD
VR0TAQH/BAUwAwEB/zA0BgNVHREELTArgg93d3cuZXhhbXBsZS5vcmeCEiouYXBw
cy5leGFtcGxlLm9yZ4cEwAACATAKBggqhkjOPQQDAgNIADBFAiBMrUaqpEIQU7HR
nGnffL0Kdu3dYPo16rgV/jXEonhPIwIhAPh40MY9iJwWWUBl28hkRmBoSy4hIJ/a
eK2LkE6VRdIU
-----END CERTIFICATE-----
`;

test('names, alternative names and issuer of a self-signed certificate', () => {
  assert.deepEqual(readCertificatePem(PEM), {
    names: ['www.example.org', '*.apps.example.org'],
    issuer: 'www.example.org',
  });
  assert.equal(readCertificatePem('no certificate'), undefined);
});
