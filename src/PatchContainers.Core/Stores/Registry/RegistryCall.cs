using PatchContainers.Images;

namespace PatchContainers.Stores.Registry;

/// <summary>One request to a registry, that can be made again.</summary>
/// <param name="Reference">What it is about.</param>
/// <param name="Method">The method.</param>
/// <param name="Address">The address.</param>
/// <param name="What">What it does, for errors: "reading the manifest".</param>
internal sealed record RegistryCall(ImageReference Reference, HttpMethod Method, Uri Address, string What)
{
    /// <summary>Makes the body; null where there is none.</summary>
    public Func<HttpContent>? Body { get; init; }

    /// <summary>What is accepted; empty to say nothing.</summary>
    public IReadOnlyList<string> Accept { get; init; } = [];

    /// <summary>From which byte the answer is wanted.</summary>
    public long RangeStart { get; init; }

    /// <summary>The repository that a blob is to be mounted from; null where none is.</summary>
    public string? MountFrom { get; init; }

    /// <summary>Whether doing it twice does no more than doing it once, so that it can be tried again after a lost connection.</summary>
    public bool IsRepeatable { get; init; } = Method == HttpMethod.Get || Method == HttpMethod.Head;

    /// <summary>Whether it goes out as anybody's: without a login or a token, and the registry's challenge is its answer.</summary>
    public bool IsAnonymous { get; init; }

    /// <summary>What a token must allow.</summary>
    public IReadOnlyList<string> Scopes
    {
        get
        {
            var actions = Method == HttpMethod.Get || Method == HttpMethod.Head ? "pull" : "pull,push";
            var own = $"repository:{Reference.Repository}:{actions}";
            return MountFrom is null || MountFrom == Reference.Repository ? [own] : [own, $"repository:{MountFrom}:pull"];
        }
    }
}
