using PatchContainers.Images;

namespace PatchContainers.Stores.DockerEngine;

/// <summary>The images of the container engine that docker would use.</summary>
public interface IEngineImages : IDisposable
{
    /// <summary>The id of the image that a reference names, which is its configuration's digest, or its manifest's.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.NotFound"/>: the engine has none;
    /// <see cref="PatchErrorCode.Unreachable"/>: the engine does not answer.</exception>
    Task<string> FindAsync(ImageReference reference, CancellationToken cancellationToken = default);

    /// <summary>Reads an image as <c>docker save</c> writes it, while the engine makes it.</summary>
    /// <param name="id">The image's id.</param>
    /// <param name="cancellationToken">Cancels the request; the stream's readers have their own.</param>
    /// <exception cref="PatchException">As <see cref="FindAsync"/>.</exception>
    Task<Stream> SaveAsync(string id, CancellationToken cancellationToken = default);
}
