namespace PatchContainers.Platforms.Docker.Client;

/// <summary>How an engine is spoken to.</summary>
internal enum DockerTransport
{
    /// <summary>A socket in the file system.</summary>
    Unix,

    /// <summary>TCP, with TLS unless it is on this machine.</summary>
    Tcp,

    /// <summary>A named pipe of Windows.</summary>
    NamedPipe,
}
