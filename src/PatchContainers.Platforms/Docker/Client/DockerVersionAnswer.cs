namespace PatchContainers.Platforms.Docker.Client;

/// <summary>Which versions of the API an engine speaks.</summary>
/// <param name="Spoken">The one that requests are made in.</param>
/// <param name="Newest">The engine's newest.</param>
/// <param name="IsPodman">Whether it is Podman, which speaks the API as far as it goes.</param>
internal sealed record DockerVersionAnswer(DockerApiVersion Spoken, DockerApiVersion Newest, bool IsPodman);
