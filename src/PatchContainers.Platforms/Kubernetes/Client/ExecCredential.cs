using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using PatchContainers.Platforms.Kubernetes.Config;

namespace PatchContainers.Platforms.Kubernetes.Client;

/// <summary>What an exec plugin is told and what it prints (client.authentication.k8s.io, <c>ExecCredential</c>).</summary>
internal sealed class ExecCredential
{
    /// <summary>The variable that tells a plugin what it is asked for.</summary>
    public const string InfoVariable = "KUBERNETES_EXEC_INFO";

    /// <summary>A bearer token; empty where there is none.</summary>
    public string Token { get; private init; } = string.Empty;

    /// <summary>A client certificate, PEM; empty where there is none.</summary>
    public string Certificate { get; private init; } = string.Empty;

    public string Key { get; private init; } = string.Empty;

    /// <summary>When it is good no more; null where it does not say.</summary>
    public DateTimeOffset? ExpiresAt { get; private init; }

    /// <summary>What the plugin is told.</summary>
    public static string Info(KubeExec exec, KubeCluster cluster)
    {
        var spec = new JsonObject { ["interactive"] = false };
        if (exec.ProvideClusterInfo)
        {
            var info = new JsonObject { ["server"] = cluster.Server.OriginalString };
            if (cluster.TlsServerName.Length > 0)
            {
                info["tls-server-name"] = cluster.TlsServerName;
            }

            if (cluster.InsecureSkipTlsVerify)
            {
                info["insecure-skip-tls-verify"] = true;
            }

            if (cluster.CertificateAuthority is { } authority)
            {
                info["certificate-authority-data"] = Convert.ToBase64String(authority.Read());
            }

            if (cluster.ProxyUrl is { } proxy)
            {
                info["proxy-url"] = proxy.OriginalString;
            }

            spec["cluster"] = info;
        }

        return new JsonObject { ["apiVersion"] = exec.ApiVersion, ["kind"] = "ExecCredential", ["spec"] = spec }.ToJsonString();
    }

    /// <summary>Reads what the plugin printed.</summary>
    /// <exception cref="FormatException">It is no credential; the message says why, and quotes nothing.</exception>
    public static ExecCredential Parse(byte[] output, KubeExec exec)
    {
        JsonElement root;
        try
        {
            var reader = new Utf8JsonReader(output);
            root = JsonElement.ParseValue(ref reader);
        }
        catch (JsonException)
        {
            // The parser's message may quote what it read.
            throw new FormatException("what it printed is no JSON");
        }

        if (root.Text("kind") != "ExecCredential")
        {
            throw new FormatException("what it printed is no ExecCredential");
        }

        if (root.Text("apiVersion") != exec.ApiVersion)
        {
            throw new FormatException($"it printed a credential of another apiVersion than {exec.ApiVersion}");
        }

        DateTimeOffset? expires = null;
        if (root.Text("status", "expirationTimestamp") is { Length: > 0 } text)
        {
            expires = DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
                ? time : throw new FormatException("its expirationTimestamp is no time");
        }

        var credential = new ExecCredential
        {
            Token = root.Text("status", "token") ?? string.Empty,
            Certificate = root.Text("status", "clientCertificateData") ?? string.Empty,
            Key = root.Text("status", "clientKeyData") ?? string.Empty,
            ExpiresAt = expires,
        };
        if (credential.Token.Length == 0 && credential.Certificate.Length == 0)
        {
            throw new FormatException("its credential has neither a token nor a certificate");
        }

        if (credential.Certificate.Length > 0 != credential.Key.Length > 0)
        {
            throw new FormatException("its credential has a certificate without a key, or a key without a certificate");
        }

        return credential.Token.AsSpan().ContainsAnyExceptInRange('!', '~')
            ? throw new FormatException("its token has a character that cannot be sent") : credential;
    }
}
