namespace PatchContainers.TestKit.Registry;

/// <summary>What the registry does wrong, until told otherwise. Counters count down to zero.</summary>
public sealed class RegistryLies
{
    /// <summary>So many requests are answered with 429.</summary>
    public int TooManyRequests { get; set; }

    /// <summary>So many requests are answered with 503.</summary>
    public int Unavailable { get; set; }

    /// <summary>So many requests for a token are answered with 503.</summary>
    public int UnavailableTokens { get; set; }

    /// <summary>What tokens are, instead of tokens; null for true ones.</summary>
    public string? FalseToken { get; set; }

    /// <summary>What <c>Retry-After</c> says with 429 and 503; null for no such header.</summary>
    public string? RetryAfter { get; set; }

    /// <summary>So many blob bodies end early, by a lost connection.</summary>
    public int TruncatedBlobs { get; set; }

    /// <summary>So many chunks of uploads are lost half-way, with an answer of 416.</summary>
    public int LostChunks { get; set; }

    /// <summary>So many uploads are not committed at first, with an answer of 503.</summary>
    public int UnavailableCommits { get; set; }

    /// <summary>So many uploads are committed, and the connection is lost before the answer.</summary>
    public int LostCommits { get; set; }

    /// <summary>Whether the connection is lost when an upload is cancelled.</summary>
    public bool LostCancels { get; set; }

    /// <summary>Blobs come with one bit changed.</summary>
    public bool WrongBlobs { get; set; }

    /// <summary>Manifests come with another byte at the end.</summary>
    public bool WrongManifests { get; set; }

    /// <summary>Manifests come with the digest of something else in the header.</summary>
    public bool WrongDigestHeader { get; set; }

    /// <summary>Manifests come with so many bytes of white space behind, sent without their length.</summary>
    public long ManifestPadding { get; set; }

    /// <summary>Manifests are schema 1, whatever is accepted.</summary>
    public bool Schema1 { get; set; }

    /// <summary>The request's Authorization header is sent back as the error's text, to see where it ends up.</summary>
    public bool EchoAuthorization { get; set; }
}
