namespace PatchContainers.TestKit.Registry;

/// <summary>How a registry asks who is there.</summary>
public enum RegistryAuthentication
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>HTTP basic authentication on every request.</summary>
    Basic,

    /// <summary>Bearer tokens of a token server, as the distribution project specifies them.</summary>
    Token,
}

/// <summary>What kind of registry it is.</summary>
public sealed record RegistryServerOptions
{
    /// <summary>Who may come in.</summary>
    public RegistryAuthentication Authentication { get; init; }

    /// <summary>The one user.</summary>
    public string User { get; init; } = "tester";

    /// <summary>The user's password.</summary>
    public string Password { get; init; } = "s3cret-p4ssword";

    /// <summary>With tokens: whether anybody may pull.</summary>
    public bool AnonymousPull { get; init; }

    /// <summary>The token server's address; null for the registry's own <c>/token</c>.</summary>
    public string? TokenRealm { get; init; }

    /// <summary>How long a token is good for.</summary>
    public TimeSpan TokenLifetime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>At most so many tags in one answer.</summary>
    public int TagPageSize { get; init; } = 1000;

    /// <summary>What <c>OCI-Chunk-Min-Length</c> says; 0 for no such header.</summary>
    public int ChunkMinLength { get; init; }

    /// <summary>Whether blobs can be mounted from another repository.</summary>
    public bool Mounts { get; init; } = true;

    /// <summary>Whether <c>Docker-Content-Digest</c> is sent with answers to HEAD.</summary>
    public bool DigestOnHead { get; init; } = true;

    /// <summary>Whether index and OCI types are unknown, so that what is not asked for by its type is answered in another form.</summary>
    public bool Old { get; init; }

    /// <summary>Where blobs are redirected to: an address to which the blob's path is appended; null to serve them here.</summary>
    public string? RedirectBlobsTo { get; init; }

    /// <summary>Whether it speaks TLS, with a certificate that nobody signed.</summary>
    public bool SelfSignedTls { get; init; }

    /// <summary>The clock, by which tokens expire.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
